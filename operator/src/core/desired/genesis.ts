import type { Genesis, GenesisOrganisation, GenesisValidator, MemberKey } from '@civitas/deployment';
import type { EffectiveMember, EffectiveNetwork } from '../plan/effective-network.ts';
import type { ReportedGateway } from '../plan/reported-gateways.ts';
import { CONTRACTS } from './domain-contracts.ts';

/** All validators weigh the same: with power 1 one early timestamp can win the median of three signatures (trust.md, "Power"). */
const VALIDATOR_POWER = 10;
/** Bound of a key's label on a ledger (network.members@v1). */
const LABEL_CHARS_MAX = 64;

export interface GenesisInput {
  readonly network: EffectiveNetwork;
  readonly nowUnixMs: number;
  /** Consensus keys by node name, base64url. */
  readonly consensusKeys: Readonly<Record<string, string>>;
  readonly gateways: readonly ReportedGateway[];
  readonly platformKey: string;
  readonly relayKey: string;
  /** Rules that its first block is executed by; 1 stands in no genesis. */
  readonly protocolVersion: number;
  /** Null on the city network itself. */
  readonly cityClient: Genesis['appState']['cityClient'];
}

/** The document a chain is born with. Called once in a chain's life: the record of it is what counts afterwards. */
export function genesisOf(input: GenesisInput): Genesis {
  const { network } = input;
  const founders = network.members.filter((member) => member.founder).map((member) => organisationOf(member, input.gateways));
  return {
    schemaVersion: 1,
    chainId: network.chainId,
    genesisTimeUnixMs: input.nowUnixMs,
    validators: network.nodes.filter((node) => node.role === 'validator').map((node) => validatorOf(node, input.consensusKeys)),
    appState: {
      city: network.city,
      domain: network.domain,
      cityClient: input.cityClient,
      founders: [...founders, platformOf(input)],
      approvalThreshold: Math.min(network.approvalThreshold, founders.length),
      contracts: CONTRACTS[network.domain],
      limits: network.limits,
      ...(input.protocolVersion > 1 ? { protocolVersion: input.protocolVersion } : {}),
      ...originOf(network),
    },
  };
}

function originOf({ origin }: EffectiveNetwork): Pick<Genesis['appState'], 'origin'> {
  if (origin === undefined) return {};
  const { chainId, genesisHash, height, appHash } = origin;
  return { origin: { chainId, genesisHash, height, appHash } };
}

function validatorOf(node: EffectiveNetwork['nodes'][number], keys: Readonly<Record<string, string>>): GenesisValidator {
  return { publicKey: keys[node.name] ?? '', power: VALIDATOR_POWER, node: node.name, organisation: node.organisation };
}

/** An organisation as the membership contract keeps it: its gateways' keys as reported, its clients' and approvers' as its Agency names them. */
export function organisationOf(member: EffectiveMember, reported: readonly ReportedGateway[]): GenesisOrganisation {
  const gateways = reported.filter((entry) => entry.organisation === member.organisation);
  return {
    name: member.organisation,
    displayName: member.displayName,
    roles: member.roles,
    keys: memberKeysOf(member, gateways),
    hpkePublicKey: gateways.find(hasVault)?.hpkePublicKey ?? '',
    approvalPolicy: member.approvalPolicy,
    founder: member.founder,
  };
}

/** Every key the organisation is to have on a ledger. */
export function memberKeysOf(member: EffectiveMember, gateways: readonly ReportedGateway[]): readonly MemberKey[] {
  const gateway = gateways.find(hasVault);
  const keys = gateways.map((entry): MemberKey => ({ publicKey: entry.operationPublicKey, use: 'operation', label: labelOf(entry) }));
  for (const client of member.clients) keys.push({ publicKey: client.operationPublicKey, use: 'operation', label: client.name });
  for (const approver of member.approvers) keys.push({ publicKey: approver.publicKey, use: 'approver', label: approver.name });
  if (member.approvalPolicy === 'auto' && gateway?.approverPublicKey !== undefined) {
    keys.push({ publicKey: gateway.approverPublicKey, use: 'approver', label: 'auto-approver' });
  }
  return keys;
}

function hasVault({ hpkePublicKey }: ReportedGateway): boolean {
  return hpkePublicKey !== undefined;
}

function labelOf(gateway: ReportedGateway): string {
  return hasVault(gateway) ? 'gateway' : `gateway-${gateway.node}`.slice(0, LABEL_CHARS_MAX);
}

/** The platform proposes and relays; it approves nothing, so it is no founder. */
function platformOf(input: GenesisInput): GenesisOrganisation {
  return {
    name: 'platform',
    displayName: { zh: '平台运营方', en: 'Platform operator' },
    roles: ['platform', 'relay'],
    keys: [
      { publicKey: input.platformKey, use: 'operation', label: 'operator' },
      { publicKey: input.relayKey, use: 'relay', label: 'relay' },
    ],
    hpkePublicKey: '',
    approvalPolicy: 'manual',
    founder: false,
  };
}

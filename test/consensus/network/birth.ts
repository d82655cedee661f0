import { base64urlEncode } from '@civitas/canon';
import type { Genesis, GenesisOrganisation, GenesisValidator, MemberKey, NodeConfig } from '@civitas/deployment';
import type { KeysResponse } from '@civitas/proto/civitas/node/v1/admin';
import { aKeyPair } from '@civitas/testkit';

export const CITY = 'jincheng';
export const DOMAIN = 'health';
/** Organisations of the test network; node i belongs to the i-th of them, round and round. */
export const ORGANISATIONS: readonly string[] = ['hospital-1', 'hospital-2'];
const CONTRACTS = ['city.rulebook@v1', 'health.access@v1', 'health.attestation@v1', 'health.index@v1'];
const OPERATIONS_PER_SECOND = 1_000_000;

export const organisationOf = (index: number): string => ORGANISATIONS[index % ORGANISATIONS.length] ?? '';
/** Key of an organisation's credential profile. */
export const cliKeyOf = (organisation: string): ReturnType<typeof aKeyPair> => aKeyPair(`cli ${organisation}`);
export const approverKeyOf = (organisation: string): ReturnType<typeof aKeyPair> => aKeyPair(`approver ${organisation}`);

/** config.json of a node: the first hosts every vault, the others have operation keys alone. */
export function nodeConfigOf(index: number, parts: { chainId: string; node: string; overrides: Partial<NodeConfig> }): NodeConfig {
  const isFirst = index === 0;
  const hosted = isFirst ? ORGANISATIONS : [organisationOf(index)];
  return {
    schemaVersion: 1,
    role: 'serve',
    network: DOMAIN,
    chainId: parts.chainId,
    city: CITY,
    domain: DOMAIN,
    node: parts.node,
    organisation: organisationOf(index),
    engine: 'cometbft',
    gateways: hosted.map((organisation) => ({ organisation, approvalPolicy: 'auto', ...(isFirst ? {} : { vault: false }) })),
    emptyBlockIntervalMs: 2_000,
    bundleWaitMs: 5,
    logLevel: 'info',
    ...parts.overrides,
  };
}

export interface ReportedNode {
  readonly name: string;
  readonly index: number;
  readonly keys: KeysResponse;
}

const keyOf = (publicKey: Uint8Array, use: MemberKey['use'], label: string): MemberKey => ({
  publicKey: base64urlEncode(publicKey),
  use,
  label,
});

function founderOf(organisation: string, nodes: readonly ReportedNode[]): GenesisOrganisation {
  const keys: MemberKey[] = [];
  let hpkePublicKey = '';
  for (const { name, keys: reported } of nodes) {
    const gateway = reported.organisations.find((hosted) => hosted.organisation === organisation);
    if (gateway === undefined) continue;
    keys.push(keyOf(gateway.operationPublicKey, 'operation', `gateway-${name}`));
    if (gateway.approverPublicKey.length > 0) keys.push(keyOf(gateway.approverPublicKey, 'approver', 'auto-approver'));
    if (gateway.hpkePublicKey.length > 0) hpkePublicKey = base64urlEncode(gateway.hpkePublicKey);
  }
  keys.push(keyOf(cliKeyOf(organisation).publicKey, 'operation', 'cli'));
  keys.push(keyOf(approverKeyOf(organisation).publicKey, 'approver', 'person'));
  const displayName = { zh: organisation, en: organisation };
  return { name: organisation, displayName, roles: ['member', 'custodian'], keys, hpkePublicKey, approvalPolicy: 'auto', founder: true };
}

export function validatorOf({ name, index, keys }: ReportedNode): GenesisValidator {
  return { publicKey: base64urlEncode(keys.consensusPublicKey), power: 10, node: name, organisation: organisationOf(index) };
}

/** The document a network is born with, from the keys that its nodes reported. @param validatorCount the first so many validate. */
export function genesisOf(chainId: string, nodes: readonly ReportedNode[], validatorCount: number): Genesis {
  const platform: GenesisOrganisation = {
    name: 'platform',
    displayName: { zh: 'platform', en: 'platform' },
    roles: ['platform', 'relay'],
    keys: [keyOf(cliKeyOf('platform').publicKey, 'operation', 'operator')],
    hpkePublicKey: '',
    approvalPolicy: 'manual',
    founder: false,
  };
  return {
    schemaVersion: 1,
    chainId,
    genesisTimeUnixMs: Date.now(),
    validators: nodes.slice(0, validatorCount).map(validatorOf),
    appState: {
      city: CITY,
      domain: DOMAIN,
      cityClient: null,
      founders: [...ORGANISATIONS.map((organisation) => founderOf(organisation, nodes)), platform],
      approvalThreshold: 1,
      contracts: CONTRACTS,
      limits: { operationsPerSecondPerOrganisation: OPERATIONS_PER_SECOND, linkPacketsPerMinute: 6_000 },
    },
  };
}

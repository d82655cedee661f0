import { base64urlDecode, base64urlEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Genesis } from '@civitas/deployment';
import { type Controller, createController, keyOf, type ReconcileResult } from '@civitas/kube';
import { sortValidators, validatorOf, validatorsHash } from '@civitas/proofs';
import { organisationOf } from '../../core/desired/genesis.ts';
import { networkNameOf } from '../../core/desired/names.ts';
import { type EffectiveMember, effectiveNetwork } from '../../core/plan/effective-network.ts';
import { memberKeyId, type OnLedgerOrganisation, planMembership } from '../../core/plan/membership-plan.ts';
import { type ReportedGateway, reportedGateways } from '../../core/plan/reported-gateways.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { callNode } from '../ledger/node-connection.ts';
import { findRecord, type PlatformLedger, submitOperation } from '../ledger/platform-operations.ts';
import { ensureProposal, proposalText } from '../ledger/proposals.ts';
import { SETTLED_RECHECK_MS, STATUS_MESSAGE_CHARS_MAX, WHILE_SERVING_MS } from './limits.ts';
import { agenciesOf, findCity, findCityNetwork, linksOf, nodesOf, type OperatorContext } from './operator-context.ts';
import { createPatientLooks } from './patient-looks.ts';
import { platformLedger } from './platform-ledger.ts';
import { restingLookMs } from './resting-look.ts';

/** Writes into the ledgers what our objects say: city.registry entries, enrolments, keys, roles. By proposal only. */
export function createMembershipController(context: OperatorContext): Controller {
  const settled = new Map<string, { readonly digest: string; readonly atUnixMs: number }>();
  const looks = createPatientLooks(context.clock);

  const reconcile = async (key: string, network: LedgerNetwork): Promise<ReconcileResult> => {
    const config = findCity(context.caches);
    const ledger = config === undefined ? undefined : await platformLedger(context, network);
    // It is woken when the network or the city begins to serve.
    const resting = { requeueAfterMs: restingLookMs(context.caches.networks.store.size, WHILE_SERVING_MS) };
    if (config === undefined || ledger === undefined || !isServing(network)) return resting;
    const isRegistered = await ensureRegistered(context, network, ledger);
    const effective = effectiveNetwork(network, config, agenciesOf(context));
    const reported = reportedOf(context, network);
    const open: string[] = [];
    for (const member of effective.members) {
      const wanted = organisationOf(member, reported);
      const digest = JSON.stringify(wanted);
      const settledKey = `${key} ${member.organisation}`;
      const last = settled.get(settledKey);
      if (last?.digest === digest && context.clock.nowUnixMs() - last.atUnixMs < SETTLED_RECHECK_MS) continue;
      const done = await ensureMember(context, { key, ledger, member, reported });
      if (done) settled.set(settledKey, { digest, atUnixMs: context.clock.nowUnixMs() });
      else open.push(context.facts.enrolments.get(settledKey)?.message ?? '');
    }
    if (open.length > 0) return { requeueAfterMs: looks.next(key, open.join('\n')) };
    looks.forget(key);
    if (!isRegistered) return resting;
    return { requeueAfterMs: SETTLED_RECHECK_MS };
  };

  return createController({
    name: 'membership',
    workers: 3,
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const network = context.caches.networks.store.get(key);
      if (network !== undefined && network.metadata.deletionTimestamp === undefined) return reconcile(key, network);
      looks.forget(key);
      return undefined;
    },
  });
}

function isServing(network: LedgerNetwork): boolean {
  return network.status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True') ?? false;
}

function reportedOf(context: OperatorContext, { metadata }: LedgerNetwork): readonly ReportedGateway[] {
  return reportedGateways(nodesOf(context.caches, networkNameOf(metadata)));
}

/** True when the ledger holds the organisation as its Agency says. */
async function ensureMember(
  context: OperatorContext,
  scope: {
    readonly key: string;
    readonly ledger: PlatformLedger & { readonly genesis: Genesis };
    readonly member: EffectiveMember;
    readonly reported: readonly ReportedGateway[];
  },
): Promise<boolean> {
  const { ledger, member } = scope;
  const wanted = organisationOf(member, scope.reported);
  const factKey = `${scope.key} ${member.organisation}`;
  if (wanted.hpkePublicKey === '') {
    context.facts.enrolments.set(factKey, { state: 'Pending', message: 'its gateway has not reported its keys yet' });
    return false;
  }
  const publicKeys = wanted.keys.map(({ publicKey }) => publicKey);
  const { current, foreignKey } = await readOrganisation(ledger, wanted.name, publicKeys);
  if (foreignKey !== undefined) {
    const message = `key ${foreignKey.publicKey} is that of ${foreignKey.organisation} on this ledger: a key belongs to one member`;
    context.facts.enrolments.set(factKey, { state: 'Pending', message });
    context.wake('agency', [member.organisation]);
    return false;
  }
  const change = planMembership(wanted, current);
  if (change === undefined) {
    const before = context.facts.enrolments.get(factKey);
    if (before?.state !== 'Enrolled') {
      const onLedgerHeight = await readHeight(ledger);
      context.facts.enrolments.set(factKey, { state: 'Enrolled', onLedgerHeight, message: 'enrolled' });
      context.wake('agency', [member.organisation]);
    }
    return true;
  }
  const wish = { identity: change, build: () => Promise.resolve(change) };
  const proposal = await ensureProposal(ledger, wish, context);
  const message = proposalText(change.kind, proposal);
  const approvalsMissing =
    proposal.state === 'open' ? Math.max(0, ledger.genesis.appState.approvalThreshold - proposal.approvals) : undefined;
  context.facts.enrolments.set(factKey, {
    state: 'Proposed',
    message: message.slice(0, STATUS_MESSAGE_CHARS_MAX),
    ...(approvalsMissing === undefined ? {} : { approvalsMissing }),
  });
  context.wake('agency', [member.organisation]);
  context.log.info({ network: scope.key, organisation: member.organisation, change: change.kind, state: proposal.state }, message);
  return false;
}

/** Height the ledger has reached. */
async function readHeight({ connection: { admin } }: PlatformLedger): Promise<number> {
  return Number((await callNode(admin.status.bind(admin), {})).height);
}

interface ReadOrganisation {
  readonly current: OnLedgerOrganisation | undefined;
  /** One of the wanted keys that another organisation has. */
  readonly foreignKey?: { readonly publicKey: string; readonly organisation: string };
}

async function readOrganisation(ledger: PlatformLedger, name: string, publicKeys: readonly string[]): Promise<ReadOrganisation> {
  const keys: Record<string, 'active' | 'revoked'> = {};
  for (const publicKey of publicKeys) {
    const key = await findRecord(ledger.connection, `network.members/keys/${memberKeyId(publicKey, nodeCrypto.sha256)}`);
    if (key === undefined) continue;
    const organisation = text(key['organisation']);
    if (organisation !== name) return { current: undefined, foreignKey: { publicKey, organisation } };
    keys[publicKey] = key['status'] === 'active' ? 'active' : 'revoked';
  }
  const record = await findRecord(ledger.connection, `network.members/organisations/${name}`);
  if (record === undefined) return { current: undefined };
  const current = { roles: texts(record['roles']), hpkePublicKey: text(record['hpkePublicKey']), status: text(record['status']), keys };
  return { current };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** True when the city's registry binds this chain to its genesis. The platform may register; it can make no client by it. */
async function ensureRegistered(
  context: OperatorContext,
  network: LedgerNetwork,
  ledger: PlatformLedger & { readonly genesis: Genesis },
): Promise<boolean> {
  if (context.facts.registered.has(ledger.chainId)) return true;
  const cityNetwork = findCityNetwork(context);
  const city = cityNetwork === undefined || !isServing(cityNetwork) ? undefined : await platformLedger(context, cityNetwork);
  if (city === undefined) return false;
  const existing = await findRecord(city.connection, `city.registry/networks/${ledger.chainId}`);
  if (existing === undefined) {
    const args = registryEntry(network, ledger);
    const outcome = await submitOperation(city, { contract: 'city.registry@v1', method: 'register', args }, context.clock.nowUnixMs());
    if (!outcome.ok) {
      context.log.warn(
        { network: network.metadata.name, code: outcome.refusal.code, facts: outcome.refusal.facts },
        'city.registry refused the network',
      );
      return false;
    }
    context.events.record(network, { type: 'Normal', reason: 'Registered', message: `city.registry names ${ledger.chainId}` });
  }
  context.facts.registered.add(ledger.chainId);
  context.wake('network', [keyOf(network.metadata)]);
  context.wake('link', linksOf(context, network));
  return true;
}

function registryEntry(
  network: LedgerNetwork,
  { chainId, genesisHash, genesis }: PlatformLedger & { readonly genesis: Genesis },
): JsonObject {
  const { domain, city } = genesis.appState;
  return { chainId, name: network.metadata.name, domain, city, genesisHash, validatorsHash: validatorsHashOf(genesis), predecessor: null };
}

function validatorsHashOf(genesis: Genesis): string {
  const { sha256 } = nodeCrypto;
  const validators = genesis.validators.map(({ publicKey, power }) =>
    validatorOf(sha256, base64urlDecode(publicKey) ?? new Uint8Array(0), BigInt(power)),
  );
  return base64urlEncode(validatorsHash(sha256, sortValidators(validators)));
}

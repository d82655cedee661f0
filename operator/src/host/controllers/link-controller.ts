import { base64urlEncode, type JsonObject } from '@civitas/canon';
import {
  addFinalizer,
  type Controller,
  createController,
  findCondition,
  hasFinalizer,
  isConditionTrue,
  keyOf,
  type ReconcileResult,
} from '@civitas/kube';
import { LINK_FINALIZER, RELAY_POD } from '../../core/desired/names.ts';
import { FORCE_REMOVAL } from '../../core/desired/tombstone.ts';
import { deletionPolicyOf } from '../../core/plan/deletion-policy.ts';
import { type Entry, entryOf } from '../../core/plan/link-grants.ts';
import { type EndStep, type LinkEnd, planEnd, type TrustedHeader, termsJson } from '../../core/plan/link-plan.ts';
import { type LinkObservation, linkFacts, linkPhase, linkVerdicts } from '../../core/plan/link-status.ts';
import type { LedgerLink } from '../../core/resources/ledger-link.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { findProvenLightBlock, findRecord, submitOperation } from '../ledger/platform-operations.ts';
import { ensureProposal, proposalText, type Wish } from '../ledger/proposals.ts';
import { ledgerLinks } from '../observe/custom-resources.ts';
import { contractNamesOf } from '../observe/ledger-contracts.ts';
import { findNamedHeader } from '../observe/named-header.ts';
import { type LinkLedger, observeEnd } from '../observe/observe-link.ts';
import { podOf } from '../observe/observe-network.ts';
import { reportLinkConditions } from '../telemetry/condition-series.ts';
import { release, retryConflict } from './conflict.ts';
import {
  AFTER_ACTION_MS,
  CLIENT_FRESH_MS,
  CONTRACTS_RECHECK_MS,
  HEIGHT_STATUS_MS,
  LINK_POLL_MS,
  PACKET_LATE_MS,
  PROPOSAL_POLL_MS,
} from './limits.ts';
import { findCity, findCityNetwork, type OperatorContext } from './operator-context.ts';
import { createPatientLooks, type PatientLooks } from './patient-looks.ts';
import { platformLedger } from './platform-ledger.ts';
import { leavesAlone, relayWord } from './relay-configuration.ts';
import { restingLookMs } from './resting-look.ts';

const DEFAULT_PACKETS_PER_MINUTE = 60_000;
/** What of a link's status changes all the time. */
const LIVE = {
  fields: ['from', 'to', 'lastSequence', 'inFlight', 'oldestPendingAge', 'oldestPendingAgeMs'],
  intervalMs: HEIGHT_STATUS_MS,
};

/** Opens links by proposals to the members of both networks, watches them, and drains them before they go. */
export function createLinkController(context: OperatorContext): Controller {
  const writer = createStatusWriter(context.applierOf('link'), context.clock, context.liveWrites);
  const looks = createPatientLooks(context.clock);

  const reconcile = async (link: LedgerLink): Promise<ReconcileResult> => {
    const isDeleted = link.metadata.deletionTimestamp !== undefined;
    if (!isDeleted && !hasFinalizer(link, LINK_FINALIZER)) {
      await addFinalizer(context.client, ledgerLinks, link, LINK_FINALIZER);
      return { requeueAfterMs: AFTER_ACTION_MS };
    }
    const networks = [networkOf(context, link, link.spec.from), networkOf(context, link, link.spec.to)] as const;
    if (isDeleted && link.metadata.annotations?.[FORCE_REMOVAL] === link.metadata.name) return letGo(context, link);
    const draining = isDeleted || link.spec.drain === true || networks.some((network) => network?.metadata.deletionTimestamp !== undefined);
    const entries = entriesOf(context, link);
    const ends = await Promise.all(networks.map((network) => openEnd(context, network)));
    const [from, to] = ends;
    const wish = { draining: draining || link.spec.frozen === true, entries, isEnding: networks.map(endsForGood) };
    const isHeard = from !== undefined && to !== undefined;
    const steps = isHeard ? await openBoth(context, link, { from, to, ...wish }) : 'both networks must serve first';
    const observation: LinkObservation = {
      nowUnixMs: context.clock.nowUnixMs(),
      // What one end holds about the other is read only when both are there.
      ends: isHeard ? [from.end, to.end] : [undefined, undefined],
      granted: steps === '' && refusedText(entries) === '',
      waiting: steps,
      draining,
      missing: [link.spec.from, link.spec.to].filter((_, index) => networks[index] === undefined),
      wasOpen: wasOpen(link),
      wasDrained: findCondition(link.status?.conditions, 'Draining')?.reason === 'Drained',
      paused: link.spec.paused ?? false,
      ...(link.spec.paused === true ? { leftAlone: leavesAlone(relayWord(context), link.metadata.name) } : {}),
      asleep: asleepOf(networks),
      relayReady: isRelayReady(context),
      frozen: link.spec.frozen ?? false,
      refused: refusedText(entries),
    };
    const verdicts = linkVerdicts(observation, { clientFreshMs: CLIENT_FRESH_MS, packetLateMs: PACKET_LATE_MS });
    reportLinkConditions(context.operatorMetrics, link, verdicts);
    const drained = verdicts.some(({ type, reason }) => type === 'Draining' && reason === 'Drained');
    if (isDeleted && (drained || networks.some((network) => network === undefined))) {
      return end(context, link);
    }
    const facts = linkFacts(observation, link.status);
    await writer.write({ resource: ledgerLinks, object: link, verdicts, phase: linkPhase(verdicts), facts }, LIVE);
    if (drained) context.wake('network');
    return {
      requeueAfterMs: nextLookMs({ steps, draining }, { looks, key: keyOf(link.metadata), count: context.caches.links.store.size }),
    };
  };

  return createController({
    name: 'link',
    workers: 4,
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const link = context.caches.links.store.get(key);
      if (link !== undefined) return retryConflict(() => reconcile(link));
      context.operatorMetrics.linkCondition.forget({ link: key });
      looks.forget(key);
      return undefined;
    },
  });
}

/** What drains moves by itself, in a moment; what members are to decide may take days. */
function nextLookMs(
  { steps, draining }: { readonly steps: string; readonly draining: boolean },
  { looks, key, count }: { readonly looks: PatientLooks; readonly key: string; readonly count: number },
): number {
  if (draining) return PROPOSAL_POLL_MS;
  if (steps !== '') return looks.next(key, steps);
  looks.forget(key);
  return restingLookMs(count, LINK_POLL_MS);
}

/** Its data go with it, so its chain id stands for nothing any more: whoever hears it is to hear it no more. */
function endsForGood(network: LedgerNetwork | undefined): boolean {
  return network?.metadata.deletionTimestamp !== undefined && deletionPolicyOf(network.spec).data === 'Delete';
}

function asleepOf(networks: readonly (LedgerNetwork | undefined)[]): readonly string[] {
  return networks.flatMap((network) => (network?.spec.hibernated === true ? [network.metadata.name] : []));
}

/** Read off its own conditions, which outlive this process. */
function wasOpen({ status }: LedgerLink): boolean {
  const granted = findCondition(status?.conditions, 'Granted');
  return (
    granted?.status === 'True' ||
    granted?.reason === 'NetworkGone' ||
    granted?.reason === 'NotObserved' ||
    isConditionTrue(status?.conditions, 'Draining')
  );
}

function networkOf({ caches }: OperatorContext, link: LedgerLink, name: string): LedgerNetwork | undefined {
  return caches.networks.store.get(`${link.metadata.namespace}/${name}`);
}

function isRelayReady(context: OperatorContext): boolean {
  const namespace = findCity(context.caches)?.spec.namespace ?? '';
  return podOf(context.workspaces.find(namespace)?.pods.store.get(`${namespace}/${RELAY_POD}`))?.ready ?? false;
}

interface OpenEnd extends LinkLedger {
  end: LinkEnd;
}

/** An end whose ledger answers; its view of the peer is read by `openBoth`, which knows the peer. */
async function openEnd(context: OperatorContext, network: LedgerNetwork | undefined): Promise<OpenEnd | undefined> {
  if (network === undefined) return undefined;
  const ledger = await platformLedger(context, network);
  const isServing = network.status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True') ?? false;
  if (ledger === undefined || !isServing) return undefined;
  const contracts = await contractNamesOf({
    ...{ takenUp: context.facts.takenUp, genesisHash: ledger.genesisHash, born: ledger.genesis.appState.contracts },
    protocolVersion: network.status?.protocol?.version ?? 1,
    packs: context.caches.packInstalls.store
      .list(network.metadata.namespace)
      .filter(({ spec }) => spec.networkRef === network.metadata.name),
    ...{ nowUnixMs: context.clock.nowUnixMs(), recheckMs: CONTRACTS_RECHECK_MS },
    find: (key) => findRecord(ledger.connection, key),
  });
  const nothing = { contracts, client: undefined, terms: undefined, lastSequence: 0, inFlight: 0, oldestSentAtUnixMs: 0 };
  return { ...ledger, end: { name: network.metadata.name, chainId: ledger.chainId, domain: network.spec.domain, ...nothing } };
}

/** Brings both ends a step further; '' when nothing is left to do, else what is waited for. */
async function openBoth(
  context: OperatorContext,
  link: LedgerLink,
  {
    from,
    to,
    draining,
    entries,
    isEnding,
  }: { from: OpenEnd; to: OpenEnd; draining: boolean; entries: Entries; isEnding: readonly boolean[] },
): Promise<string> {
  from.end = await observeEnd(from, from.end, to.chainId);
  to.end = await observeEnd(to, to.end, from.chainId);
  const packetsPerMinute =
    link.spec.terms?.packetsPerMinute ?? findCity(context.caches)?.spec.limits?.linkPacketsPerMinute ?? DEFAULT_PACKETS_PER_MINUTE;
  const waits: string[] = [];
  for (const [own, peer] of [
    [from, to],
    [to, from],
  ] as const) {
    const directions =
      own === from ? { intoOwn: entries.intoFrom, intoPeer: entries.intoTo } : { intoOwn: entries.intoTo, intoPeer: entries.intoFrom };
    const isPeerEnding = own === from ? isEnding[1] : isEnding[0];
    const tombstone = isPeerEnding === true || (link.metadata.deletionTimestamp !== undefined && link.spec.onDelete === 'Tombstone');
    const named = link.spec.thaw?.network === own.end.name ? { thaw: link.spec.thaw } : {};
    const step = planEnd(own.end, peer.end, { packetsPerMinute, draining, tombstone, entries: directions, ...named });
    if (step === undefined) continue;
    waits.push(`${own.end.name}: ${await takeStep(context, { own, peer }, step)}`);
  }
  return waits.join('; ');
}

function takeStep(context: OperatorContext, { own, peer }: { own: OpenEnd; peer: OpenEnd }, step: EndStep): Promise<string> {
  switch (step.type) {
    case 'createClient':
      return proposeClient(context, own, peer, termsJson(step.terms));
    case 'setTerms':
      return proposeTerms(context, own, peer, termsJson(step.terms));
    case 'thawClient':
      return proposeThaw(context, { own, peer }, step);
    case 'tombstoneClient': {
      const change = { kind: 'tombstoneClient', peer: peer.chainId };
      return propose(context, own, 'tombstoneClient', { identity: change, build: () => Promise.resolve(change) });
    }
  }
}

/** Who is let in at each end. */
interface Entries {
  readonly intoFrom: Entry;
  readonly intoTo: Entry;
}

function entriesOf({ caches, clock }: OperatorContext, { metadata, spec }: LedgerLink): Entries {
  const grants = caches.linkGrants.store.list(metadata.namespace).map((grant) => ({
    grant,
    expiresAtUnixMs: grant.spec.expiresAt === undefined ? undefined : Date.parse(grant.spec.expiresAt),
  }));
  const now = clock.nowUnixMs();
  return { intoFrom: entryOf(spec.to, spec.from, grants, now), intoTo: entryOf(spec.from, spec.to, grants, now) };
}

function refusedText({ intoFrom, intoTo }: Entries): string {
  return [intoFrom, intoTo].flatMap((entry) => (entry.isLetIn ? [] : [entry.message])).join('; ');
}

/** A person has said that what is in flight is to be given up. */
async function letGo(context: OperatorContext, link: LedgerLink): Promise<undefined> {
  const message = `${FORCE_REMOVAL} is set: ${link.status?.inFlight ?? 0} packets in flight are given up, and neither ledger is closed for the other`;
  context.events.record(link, { type: 'Warning', reason: 'ForcedRemoval', message });
  return end(context, link);
}

async function end(context: OperatorContext, link: LedgerLink): Promise<undefined> {
  await release(context.client, ledgerLinks, link, LINK_FINALIZER);
  context.wake('network');
  context.wake('relay');
}

function proposeTerms(context: OperatorContext, own: OpenEnd, peer: OpenEnd, terms: JsonObject): Promise<string> {
  const change = { kind: 'setTerms', peer: peer.chainId, terms };
  return propose(context, own, 'setTerms', { identity: change, build: () => Promise.resolve(change) });
}

async function propose(context: OperatorContext, ledger: OpenEnd, kind: string, wish: Wish): Promise<string> {
  const proposal = await ensureProposal(ledger, wish, context);
  if (proposal.state === 'refused') context.log.warn({ network: ledger.end.name, change: kind, code: proposal.code }, proposal.facts);
  return proposalText(kind, proposal);
}

/** The header is fetched from the peer and must be the one that was named: whoever fetches it decides nothing. */
function proposeThaw(
  context: OperatorContext,
  { own, peer }: { readonly own: OpenEnd; readonly peer: OpenEnd },
  { height, blockHash }: TrustedHeader,
): Promise<string> {
  const identity = { kind: 'thawClient', peer: peer.chainId, height, blockHash };
  const build = async (): Promise<JsonObject | string> => {
    const lightBlock = await findNamedHeader(peer.connection, { height, blockHash });
    if (lightBlock === undefined) return `${peer.end.name} shows no header of height ${height} with the hash that spec.thaw names`;
    return { kind: 'thawClient', peer: peer.chainId, lightBlock: base64urlEncode(lightBlock) };
  };
  return propose(context, own, 'thawClient', { identity, build });
}

/** Proposes a client of the peer. On other ledgers than the city’s the registry’s record is shown, proven under a header brought along. */
function proposeClient(context: OperatorContext, own: OpenEnd, peer: OpenEnd, terms: JsonObject): Promise<string> {
  const validators = peer.genesis.validators.map(({ publicKey, power }) => ({ publicKey, power }));
  const change = { kind: 'createClient', chainId: peer.chainId, validators, terms };
  const build = async (): Promise<JsonObject | string> => {
    if (!context.facts.registered.has(peer.chainId)) return `${peer.chainId} is not in city.registry yet`;
    return own.end.domain === 'city' ? change : withRegistryProof(context, own, change);
  };
  return propose(context, own, 'createClient', { identity: change, build });
}

async function withRegistryProof(
  context: OperatorContext,
  own: OpenEnd,
  change: JsonObject & { readonly chainId: string },
): Promise<JsonObject | string> {
  const cityNetwork = findCityNetwork(context);
  const city = cityNetwork === undefined ? undefined : await platformLedger(context, cityNetwork);
  if (city === undefined) return 'the city network does not answer';
  const proven = await findProvenLightBlock(city.connection, `city.registry/networks/${change.chainId}`);
  if (proven === undefined) return `${change.chainId} is not under a header of the city yet`;
  const updates = [{ peer: city.chainId, lightBlocks: [base64urlEncode(proven.lightBlock)] }];
  const updated = await submitOperation(own, { contract: 'links@v1', method: 'update', args: { updates } }, context.clock.nowUnixMs());
  if (!updated.ok) return `the city’s header was refused: ${updated.refusal.code}`;
  const proof = { peer: city.chainId, headerHeight: proven.headerHeight, proof: proven.proof };
  return { ...change, record: proven.record, proof };
}

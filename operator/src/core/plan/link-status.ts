import type { LedgerLinkStatus, LinkSide } from '../resources/ledger-link.ts';
import { ENDED_CLIENTS, type LinkEnd } from './link-plan.ts';
import { type Verdict, verdict } from './network-status.ts';

export interface LinkObservation {
  readonly nowUnixMs: number;
  readonly ends: readonly [LinkEnd | undefined, LinkEnd | undefined];
  /** Whether both ends hold their clients and terms. */
  readonly granted: boolean;
  /** What it waits for, in words; '' when nothing. */
  readonly waiting: string;
  readonly draining: boolean;
  /** Names of its ends for which there is no LedgerNetwork. */
  readonly missing: readonly string[];
  /** Whether it was ever open: a missing network is then gone, else it is not there yet. */
  readonly wasOpen: boolean;
  /** Whether the status said Drained before: it stays so while one end is being taken down. */
  readonly wasDrained: boolean;
  readonly paused: boolean;
  /** Of a link that is to be paused: whether the relay has said that it leaves it alone, or there is no relay. */
  readonly leftAlone?: boolean;
  /** Names of its networks whose spec.hibernated is set. */
  readonly asleep?: readonly string[];
  readonly relayReady: boolean;
  /** Who is not let in where; '' when everybody is. */
  readonly refused?: string;
  /** spec.frozen is set. */
  readonly frozen?: boolean;
}

export interface LinkBounds {
  readonly clientFreshMs: number;
  readonly packetLateMs: number;
}

/** Conditions of a link from what both ledgers say. */
export function linkVerdicts(observation: LinkObservation, bounds: LinkBounds): readonly Verdict[] {
  const known = observation.ends.filter((end) => end !== undefined);
  if (observation.missing.length > 0) return missingVerdicts(observation, known);
  if (known.length < 2 && (observation.asleep ?? []).length > 0) return asleepVerdicts(observation, known);
  if (known.length < 2 && observation.wasOpen) return unheardVerdicts(observation, known);
  const frozen = observation.frozen === true ? known : known.filter((end) => end.client?.status === 'Frozen');
  const { fresh, message } = freshness(known, observation.nowUnixMs, bounds.clientFreshMs);
  const late = oldestAgeMs(known, observation.nowUnixMs) > bounds.packetLateMs;
  const inFlight = known.reduce((sum, end) => sum + end.inFlight, 0);
  const flowing =
    observation.granted && observation.relayReady && frozen.length === 0 && !late && !observation.paused && fresh && !observation.draining;
  return [
    (observation.refused ?? '') !== ''
      ? verdict('Granted', false, 'NoGrant', observation.refused ?? '')
      : observation.granted
        ? verdict('Granted', true, 'ClientsAndTerms', 'members of both networks approved client and terms')
        : verdict('Granted', false, 'Waiting', observation.waiting),
    verdict('ClientFresh', fresh, fresh ? 'Fresh' : 'Behind', message),
    verdict('Flowing', flowing, flowingReason(observation, { frozen: frozen.length > 0, late, fresh }), `${inFlight} in flight`),
    frozenVerdict(known, observation.frozen),
    drainVerdict(observation, inFlight),
    tombstoneVerdict(known),
  ];
}

function frozenVerdict(ends: readonly LinkEnd[], isAsked = false): Verdict {
  const frozen = ends.filter((end) => end.client?.status === 'Frozen').map((end) => end.name);
  if (frozen.length > 0) return verdict('Frozen', true, 'Misbehaviour', frozen.join(', '));
  const message = 'spec.frozen is set: nothing new is sent, what is in flight waits';
  return isAsked ? verdict('Frozen', true, 'AskedFor', message) : verdict('Frozen', false, 'NotFrozen', '');
}

/** Ended for good: members of a ledger decided that it hears the other one no more. */
function tombstoneVerdict(ends: readonly LinkEnd[]): Verdict {
  const ended = ends.filter(({ client }) => client !== undefined && ENDED_CLIENTS.includes(client.status)).map(({ name }) => name);
  if (ended.length === 0) return verdict('Tombstoned', false, 'NotEnded', '');
  return verdict('Tombstoned', true, 'ClientEnded', `${ended.join(' and ')} hears the other network no more, and never will: records stay`);
}

/** A link of a network that sleeps: packets wait on the other side until it wakes, or until their own time is over. */
function asleepVerdicts(observation: LinkObservation, known: readonly LinkEnd[]): readonly Verdict[] {
  const message = `${(observation.asleep ?? []).join(' and ')}: spec.hibernated is set, packets wait`;
  return [
    ...['Granted', 'ClientFresh'].map((type): Verdict => ({ type, status: 'Unknown', reason: 'NetworkHibernated', message })),
    verdict('Flowing', false, 'NetworkHibernated', message),
    frozenVerdict(known),
    drainVerdict(observation, 0),
  ];
}

/** A link that was open and whose networks do not both answer: nothing is known of it now, and nothing is claimed. */
function unheardVerdicts(observation: LinkObservation, known: readonly LinkEnd[]): readonly Verdict[] {
  const silent = { status: 'Unknown' as const, reason: 'NotObserved', message: 'not both networks answer' };
  return [
    ...['Granted', 'ClientFresh', 'Flowing'].map((type) => ({ type, ...silent })),
    frozenVerdict(known, observation.frozen),
    drainVerdict(observation, 0),
  ];
}

/** A link without one of its networks carries nothing and holds nobody up. */
function missingVerdicts({ missing, wasOpen, draining, frozen }: LinkObservation, known: readonly LinkEnd[]): readonly Verdict[] {
  const names = missing.join(' and ');
  const reason = wasOpen ? 'NetworkGone' : 'NetworkMissing';
  const message = wasOpen
    ? `there is no LedgerNetwork ${names} any more: delete this link, or apply the network again to take it up`
    : `there is no LedgerNetwork ${names} yet`;
  return [
    ...['Granted', 'ClientFresh', 'Flowing'].map((type) => verdict(type, false, reason, message)),
    frozenVerdict(known, frozen),
    draining
      ? verdict('Draining', true, 'Drained', `nothing can be delivered any more: ${message}`)
      : verdict('Draining', false, reason, message),
  ];
}

function freshness(ends: readonly LinkEnd[], nowUnixMs: number, freshMs: number): { readonly fresh: boolean; readonly message: string } {
  if (ends.length < 2) return { fresh: false, message: 'not both networks answer' };
  const behind = ends.filter((end) => end.client === undefined || nowUnixMs - end.client.latestTimeUnixMs > freshMs);
  return {
    fresh: behind.length === 0,
    message: behind.length === 0 ? 'both clients know a recent header' : `no recent header on ${behind.map((end) => end.name).join(', ')}`,
  };
}

function flowingReason(
  observation: LinkObservation,
  facts: { readonly frozen: boolean; readonly late: boolean; readonly fresh: boolean },
): string {
  if (!observation.granted) return 'NotGranted';
  if (observation.draining) return 'Draining';
  if (observation.paused) return observation.leftAlone === false ? 'Pausing' : 'Paused';
  if (facts.frozen) return 'Frozen';
  if (!observation.relayReady) return 'NoRelay';
  if (!facts.fresh) return 'ClientBehind';
  return facts.late ? 'PacketsLate' : 'Relaying';
}

/** `Drained` is what a network that is being removed waits for. */
function drainVerdict(observation: LinkObservation, inFlight: number): Verdict {
  const { draining, granted, waiting, refused = '', ends, wasDrained } = observation;
  if (!draining) return verdict('Draining', false, 'NotAskedFor', 'open for new packets');
  const isHeard = ends.every((end) => end !== undefined);
  const closed = granted || (refused !== '' && waiting === '') || ends.every((end) => end?.client === undefined);
  if ((isHeard && closed && inFlight === 0) || (!isHeard && wasDrained))
    return verdict('Draining', true, 'Drained', 'closed for new packets, nothing in flight');
  if (!isHeard)
    return verdict('Draining', true, 'NetworkSilent', 'not both networks answer: what is still in flight between them cannot be seen');
  if (!closed) return verdict('Draining', true, 'ClosingTerms', `to be closed for new packets: ${waiting}`);
  return verdict('Draining', true, 'InFlight', `closed for new packets; ${inFlight} still in flight${hinderance(observation)}`);
}

/** What keeps packets from arriving, where it is ours to see. */
function hinderance({ paused, relayReady }: LinkObservation): string {
  if (paused) return '; spec.paused keeps them waiting';
  return relayReady ? '' : '; the relay is not ready';
}

function oldestAgeMs(ends: readonly LinkEnd[], nowUnixMs: number): number {
  return Math.max(0, ...ends.map((end) => (end.oldestSentAtUnixMs === 0 ? 0 : nowUnixMs - end.oldestSentAtUnixMs)));
}

export function linkPhase(verdicts: readonly Verdict[]): string {
  const find = (type: string): Verdict | undefined => verdicts.find((entry) => entry.type === type);
  if (find('Tombstoned')?.status === 'True') return 'Tombstoned';
  if (find('Draining')?.status === 'True') return find('Draining')?.reason === 'Drained' ? 'Drained' : 'Draining';
  if (find('Frozen')?.status === 'True') return 'Frozen';
  return find('Flowing')?.status === 'True' ? 'Flowing' : (find('Flowing')?.reason ?? 'Pending');
}

/** The status fields besides the conditions. An end that does not answer keeps what it said last. */
export function linkFacts(
  { ends, nowUnixMs }: LinkObservation,
  previous: LedgerLinkStatus | undefined,
): Omit<LedgerLinkStatus, 'conditions' | 'phase' | 'observedGeneration'> {
  const [from, to] = [
    ends[0] === undefined ? previous?.from : sideOf(ends[0], nowUnixMs),
    ends[1] === undefined ? previous?.to : sideOf(ends[1], nowUnixMs),
  ];
  const sides = [from, to].filter((side) => side !== undefined);
  const oldestMs = Math.max(0, ...sides.map(({ oldestPendingAgeMs }) => oldestPendingAgeMs));
  return {
    lastSequence: sides.reduce((sum, side) => sum + side.lastSequence, 0),
    inFlight: sides.reduce((sum, side) => sum + side.inFlight, 0),
    oldestPendingAge: ageText(oldestMs),
    oldestPendingAgeMs: oldestMs,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function sideOf(end: LinkEnd, nowUnixMs: number): LinkSide {
  return {
    clientStatus: end.client?.status ?? 'None',
    clientHeight: end.client?.latestHeight ?? 0,
    lastSequence: end.lastSequence,
    inFlight: end.inFlight,
    oldestPendingAgeMs: oldestAgeMs([end], nowUnixMs),
  };
}

/** Whole seconds, or minutes from two on. */
function ageText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 120 ? `${seconds}s` : `${Math.floor(seconds / 60)}m`;
}

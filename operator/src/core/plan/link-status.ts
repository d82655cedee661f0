import type { LedgerLinkStatus, LinkSide } from '../resources/ledger-link.ts';
import type { LinkEnd } from './link-plan.ts';
import { type Verdict, verdict } from './network-status.ts';

export interface LinkObservation {
  readonly nowUnixMs: number;
  readonly ends: readonly [LinkEnd | undefined, LinkEnd | undefined];
  /** Whether both ends hold their clients and terms. */
  readonly granted: boolean;
  /** What it waits for, in words; '' when nothing. */
  readonly waiting: string;
  readonly draining: boolean;
  /** Whether the status said Drained before: it stays so while one end is being taken down. */
  readonly wasDrained: boolean;
  readonly paused: boolean;
  readonly relayReady: boolean;
}

export interface LinkBounds {
  readonly clientFreshMs: number;
  readonly packetLateMs: number;
}

/** Conditions of a link from what both ledgers say. */
export function linkVerdicts(observation: LinkObservation, bounds: LinkBounds): readonly Verdict[] {
  const [from, to] = observation.ends;
  const known = [from, to].filter((end) => end !== undefined);
  const frozen = known.filter((end) => end.client?.status === 'Frozen');
  const { fresh, message } = freshness(known, observation.nowUnixMs, bounds.clientFreshMs);
  const late = oldestAgeMs(known, observation.nowUnixMs) > bounds.packetLateMs;
  const inFlight = known.reduce((sum, end) => sum + end.inFlight, 0);
  const flowing =
    observation.granted && observation.relayReady && frozen.length === 0 && !late && !observation.paused && fresh && !observation.draining;
  return [
    observation.granted
      ? verdict('Granted', true, 'ClientsAndTerms', 'members of both networks approved client and terms')
      : verdict('Granted', false, 'Waiting', observation.waiting),
    verdict('ClientFresh', fresh, fresh ? 'Fresh' : 'Behind', message),
    verdict('Flowing', flowing, flowingReason(observation, { frozen: frozen.length > 0, late, fresh }), `${inFlight} in flight`),
    verdict('Frozen', frozen.length > 0, frozen.length > 0 ? 'Misbehaviour' : 'NotFrozen', frozen.map((end) => end.name).join(', ')),
    drainVerdict(observation, inFlight),
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
  if (observation.paused) return 'Paused';
  if (facts.frozen) return 'Frozen';
  if (!observation.relayReady) return 'NoRelay';
  if (!facts.fresh) return 'ClientBehind';
  return facts.late ? 'PacketsLate' : 'Relaying';
}

/** `Drained` is what a network that is being removed waits for. */
function drainVerdict({ draining, granted, ends, wasDrained }: LinkObservation, inFlight: number): Verdict {
  if (!draining) return verdict('Draining', false, 'NotAskedFor', 'open for new packets');
  const isHeard = ends.every((end) => end !== undefined);
  const closed = granted || ends.every((end) => end?.client === undefined);
  return (isHeard && closed && inFlight === 0) || (!isHeard && wasDrained)
    ? verdict('Draining', true, 'Drained', 'closed for new packets, nothing in flight')
    : verdict('Draining', true, 'Waiting', `${inFlight} packets still in flight`);
}

function oldestAgeMs(ends: readonly LinkEnd[], nowUnixMs: number): number {
  return Math.max(0, ...ends.map((end) => (end.oldestSentAtUnixMs === 0 ? 0 : nowUnixMs - end.oldestSentAtUnixMs)));
}

export function linkPhase(verdicts: readonly Verdict[]): string {
  const find = (type: string): Verdict | undefined => verdicts.find((entry) => entry.type === type);
  if (find('Draining')?.status === 'True') return find('Draining')?.reason === 'Drained' ? 'Drained' : 'Draining';
  if (find('Frozen')?.status === 'True') return 'Frozen';
  return find('Flowing')?.status === 'True' ? 'Flowing' : (find('Flowing')?.reason ?? 'Pending');
}

export function linkFacts({ ends, nowUnixMs }: LinkObservation): Omit<LedgerLinkStatus, 'conditions' | 'phase' | 'observedGeneration'> {
  const [from, to] = ends;
  const known = [from, to].filter((end) => end !== undefined);
  return {
    lastSequence: known.reduce((sum, end) => sum + end.lastSequence, 0),
    inFlight: known.reduce((sum, end) => sum + end.inFlight, 0),
    oldestPendingAge: ageText(oldestAgeMs(known, nowUnixMs)),
    oldestPendingAgeMs: oldestAgeMs(known, nowUnixMs),
    ...(from === undefined ? {} : { from: sideOf(from, nowUnixMs) }),
    ...(to === undefined ? {} : { to: sideOf(to, nowUnixMs) }),
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

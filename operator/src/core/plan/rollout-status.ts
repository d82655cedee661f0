import type { LedgerNetworkStatus } from '../resources/ledger-network.ts';
import type { Deferral } from './deferral.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { ObservedNetwork } from './observed-network.ts';
import type { Replacement } from './replacement-plan.ts';
import { isSettled } from './roll-order.ts';
import { rfc3339 } from './time-text.ts';

export type RolloutStatus = NonNullable<LedgerNetworkStatus['rollout']>;

/** Where the rollout stands: the step that begins now, or the last one for as long as its node is not back or others are to follow. */
export function rolloutStatus(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  now: { readonly next: Replacement['next']; readonly pending: Deferral | undefined; readonly staleCount: number },
): RolloutStatus | undefined {
  const { next, pending, staleCount } = now;
  const before = observed.network.status?.rollout;
  const step = `${network.nodes.length - staleCount}/${network.nodes.length}`;
  const deferred = pending === undefined ? {} : { deferredReason: pending.reason };
  if (next !== undefined && (before?.node !== next.node.name || before.podUID !== next.pod.uid)) {
    const height = Math.max(0, ...Object.values(observed.nodes).map(({ answer }) => answer?.height ?? 0));
    return { node: next.node.name, podUID: next.pod.uid, height, startedAt: rfc3339(observed.nowUnixMs), step, ...deferred };
  }
  if (before === undefined || (staleCount === 0 && next === undefined && isSettled(observed, network))) return undefined;
  const { node, podUID, height, startedAt } = before;
  return { node, podUID, height, startedAt, step, ...deferred };
}

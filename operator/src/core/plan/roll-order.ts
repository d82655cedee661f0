import type { Deferral } from './deferral.ts';
import type { EffectiveNetwork, EffectiveNode } from './effective-network.ts';
import { isWindowOpen } from './maintenance-window.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { voterState } from './quorum-gate.ts';
import { unixMsOf } from './time-text.ts';

/**
 * Order in which nodes are touched: those that do no work, one observer as canary, observers and gateways, then validators from the
 * highest ordinal, the one whose turn it is to propose last.
 */
export function inRollOrder<Entry extends { readonly node: EffectiveNode }>(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  entries: readonly Entry[],
): readonly Entry[] {
  const observers = network.nodes.filter(({ role }) => role === 'observer');
  const canary = network.updates.canary ? observers.at(-1)?.name : undefined;
  const rank = ({ node }: Entry): number => {
    if (isIdle(observed.nodes[node.name])) return 0;
    if (node.name === canary) return 1;
    if (node.role !== 'validator') return 2;
    // Ending it would cost the chain a round.
    return observed.nodes[node.name]?.answer?.proposing === true ? 4 : 3;
  };
  return [...entries].sort((left, right) => rank(left) - rank(right) || right.node.ordinal - left.node.ordinal);
}

/** It does no work now, by its own word or its kubelet's: making it anew takes nothing away. */
function isIdle(node: ObservedNode | undefined): boolean {
  return voterState(node) === 'down';
}

/** At the head, taking part, and for as many blocks as the strategy asks since the one that the step began at. */
export function isSettled(observed: ObservedNetwork, network: EffectiveNetwork): boolean {
  const rollout = observed.network.status?.rollout;
  const node = network.nodes.find(({ name }) => name === rollout?.node);
  if (rollout === undefined || node === undefined || node.fenced === true) return true;
  const seen = observed.nodes[node.name];
  // Its pod was not ended after all, or is the one that the step has brought.
  const sinceHeight = seen?.pod?.uid === rollout.podUID ? 0 : rollout.height + network.updates.catchUpBlocks;
  return voterState(seen) === 'serving' && (seen?.answer?.height ?? 0) >= sinceHeight;
}

/**
 * Why a pod that does its work may not be made anew yet, quorum apart: nobody asked for it now, or the node before it is not back.
 *
 * @param demanded Nodes that a running operation asks for.
 */
export function heldBack(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  { node, demanded }: { readonly node: EffectiveNode; readonly demanded: ReadonlySet<string> },
): Deferral | undefined {
  if (isIdle(observed.nodes[node.name])) return undefined;
  const { supervised, stepTimeoutMs } = network.updates;
  if (!demanded.has(node.name) && supervised) {
    const message = `${node.name} waits for a LedgerOperation of type Restart or Upgrade: updateStrategy.type is Supervised`;
    return { reason: 'SupervisedUpdate', message };
  }
  if (!demanded.has(node.name) && !isWindowOpen(network.maintenanceWindows, observed.nowUnixMs))
    return { reason: 'OutsideMaintenanceWindow', message: `${node.name} waits for a maintenance window` };
  const rollout = observed.network.status?.rollout;
  if (rollout === undefined || isSettled(observed, network)) return undefined;
  const startedUnixMs = unixMsOf(rollout.startedAt) ?? observed.nowUnixMs;
  const isLate = observed.nowUnixMs - startedUnixMs >= stepTimeoutMs;
  const said = observed.nodes[rollout.node]?.answer;
  const state = said === undefined ? 'gives no answer' : `says ${said.phase} at height ${said.height}`;
  return isLate
    ? {
        reason: 'StepTimedOut',
        message: `${node.name} waits: ${rollout.node} ${state} since ${rollout.startedAt}, longer than a step may take`,
      }
    : { reason: 'StepNotSettled', message: `${node.name} waits for ${rollout.node}, which ${state}` };
}

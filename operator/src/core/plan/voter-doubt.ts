import { VOTER_DOUBT_MS_MAX } from './limits.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import type { Voter } from './quorum-gate.ts';

/**
 * Whether a validator that voted when it was looked at last is merely not heard, for so short that it is no loss: one answer that comes late on a
 * busy machine would have the network said to stand still while it makes blocks.
 */
export function isInDoubt(node: ObservedNode | undefined, nowUnixMs: number): boolean {
  const since = node?.doubtedSinceUnixMs;
  return since !== undefined && node?.answer?.halted !== true && Math.abs(nowUnixMs - since) < VOTER_DOUBT_MS_MAX;
}

/** Whether status counts it. What is stopped is decided on what was heard alone (`stopShut`). */
export function countsAsVoting({ name, state }: Voter, { nodes, nowUnixMs }: ObservedNetwork): boolean {
  return state === 'serving' || isInDoubt(nodes[name], nowUnixMs);
}

import type { ObservedNode } from './observed-network.ts';

/** How far a node's start has come; undefined for one that is up and silent. */
export function startText(name: string, node: ObservedNode | undefined): string | undefined {
  // Time does not help one whose release is too old: it is told as unwell.
  if (node?.answer?.phase === 'AwaitingUpgrade') return undefined;
  if (node?.answer !== undefined && node.answer.phase !== 'Serving') return `${name} says ${node.answer.phase}`;
  if (node?.pod === undefined) return `${name} has no pod yet`;
  return node.pod.ready ? undefined : `${name} is not ready yet`;
}

/** Why a validator does not count as one that votes at the head, as the end of a sentence that its name begins. */
export function awayText(node: ObservedNode | undefined): string {
  const { pod, answer } = node ?? {};
  if (pod === undefined) return 'has no pod';
  if (pod.deleting) return 'is being replaced';
  if (pod.finished) return 'has ended';
  if (answer === undefined) return 'gives no answer';
  if (answer.unwell !== '') return `says ${answer.unwell}`;
  if (answer.phase !== 'Serving') return `says ${answer.phase}`;
  if (!answer.signing) return 'has no grant to sign';
  if (answer.halted) return 'has no new block';
  return answer.caughtUp ? 'is not ready' : `is not at the head but at height ${answer.height}`;
}

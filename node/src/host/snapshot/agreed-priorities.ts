import { equalBytes, hexEncode } from '@civitas/canon';
import type { Validator } from '@civitas/proofs';
import type { ProposerPriority } from './snapshot-source.ts';

/** A node that says the proposer priorities of a height. */
export interface PrioritySource {
  readonly name: string;
  fetchProposerPriorities(height: number): Promise<readonly ProposerPriority[]>;
}

function isOfSet(priorities: readonly ProposerPriority[], validators: readonly Validator[]): boolean {
  return (
    priorities.length === validators.length &&
    priorities.every(({ address }, at) => equalBytes(address, validators[at]?.address ?? address.subarray(1)))
  );
}

/**
 * The proposer priorities that more than a third of as many nodes as there are validators say alike: at least one of them is honest.
 *
 * A node that joined with other priorities would expect other proposers than the network (GHSA-g5xx-c4hv-9ccc).
 * @throws Error when too few agree.
 */
export async function agreedPriorities(
  sources: readonly PrioritySource[],
  height: number,
  validators: readonly Validator[],
): Promise<readonly ProposerPriority[]> {
  if (validators.length === 1) return [];
  const neededCount = Math.floor(validators.length / 3) + 1;
  const answers = await Promise.allSettled(sources.map((source) => source.fetchProposerPriorities(height)));
  const votes = new Map<string, { count: number; priorities: readonly ProposerPriority[] }>();
  for (const answer of answers) {
    if (answer.status === 'rejected' || !isOfSet(answer.value, validators)) continue;
    const name = answer.value.map(({ address, priority }) => `${hexEncode(address)}:${priority}`).join();
    const vote = votes.get(name) ?? { count: 0, priorities: answer.value };
    vote.count++;
    votes.set(name, vote);
  }
  const most = [...votes.values()].sort((left, right) => right.count - left.count)[0];
  if (most !== undefined && most.count >= neededCount) return most.priorities;
  throw new Error(`priorities at ${height}: ${most?.count ?? 0} of ${sources.length} nodes agree, ${neededCount} needed`);
}

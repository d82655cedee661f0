import type { EffectiveNetwork } from './effective-network.ts';
import { CATCH_UP_LAG_BLOCKS } from './limits.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { quorum } from './quorum.ts';
import { votersOf } from './replacement-plan.ts';
import type { RunningNodes } from './running-nodes.ts';

/** The step that a network which becomes more is at. */
export interface GrowthStep {
  readonly reason: 'HandingOver' | 'CatchingUp' | 'AwaitingApproval' | 'Joining';
  readonly message: string;
  readonly actions: readonly NetworkAction[];
}

/** Reasons of Progressing that stand for growth: after the last of them a network has grown. */
export const GROWTH_REASONS: readonly string[] = ['HandingOver', 'CatchingUp', 'AwaitingApproval', 'Joining', 'Grown'];

function step(reason: GrowthStep['reason'], message: string, actions: readonly NetworkAction[] = []): GrowthStep {
  return { reason, message, actions };
}

/** A chain of the embedded engine that is to go on under the other one: its record says so once its one node stands well. */
export function planHandOver(observed: ObservedNetwork, network: EffectiveNetwork): GrowthStep {
  const [first] = network.nodes;
  const { answer, pod } = observed.nodes[first?.name ?? ''] ?? {};
  // CometBFT takes a chain from its first block on, and does not start beside an application that is ahead of its blocks.
  if (answer?.lacksFirstBlocks === true)
    return step('HandingOver', 'the chain goes on from a backup and lacks the blocks before it: it stays on the embedded engine');
  // Once handed over there is no way back: a node that is unwell is looked at before.
  const isWell = answer?.phase === 'Serving' && answer.signing && answer.unwell === '' && pod?.ready === true;
  if (!isWell) return step('HandingOver', `the chain is handed over to cometbft once ${first?.name ?? 'its node'} serves`);
  return step('HandingOver', 'the chain is being handed over to cometbft', [{ type: 'handOverEngine', to: 'cometbft' }]);
}

/** How far a network on real consensus is from the validators that its pools ask for; undefined when it has them. */
export function planGrowth(observed: ObservedNetwork, network: EffectiveNetwork, { joiner }: RunningNodes): GrowthStep | undefined {
  if (observed.genesisRecord === undefined || network.engine === 'embedded') return undefined;
  const voters = votersOf(observed, network);
  const [alone] = voters;
  if (alone !== undefined && voters.length === 1 && (observed.nodes[alone.name]?.answer?.engineVersion ?? '') === '') {
    const first = observed.nodes[alone.name]?.answer?.phase;
    return step('HandingOver', `${alone.name} takes the chain over to cometbft${first === undefined ? '' : ` and says ${first}`}`);
  }
  // The ledger takes one change at a time.
  const joining = observed.standings.find(({ standing }) => standing === 'joining');
  if (joining !== undefined) return step('Joining', `${joining.node} signs blocks from two blocks after its approval on`);
  if (joiner === undefined) return undefined;
  const { name, organisation } = joiner;
  const node = observed.nodes[name];
  const publicKey = node?.ledgerNode?.status?.consensusPublicKey;
  const behind = notCaughtUp(observed, name, node);
  if (behind !== undefined || publicKey === undefined) return step('CatchingUp', behind ?? `${name} has not reported its keys yet`);
  const voting = voters.filter(({ state }) => state === 'serving').length;
  const needed = quorum(voters.length + 1);
  // Whoever joins counts at once: with too few besides it the chain would stop.
  if (voting + 1 < needed)
    return step('CatchingUp', `${name} waits: with it ${voting + 1} of ${voters.length + 1} validators would vote, ${needed} are needed`);
  const { join } = observed;
  const said = join?.node === name ? join.message : `${name} is being proposed as validator`;
  return step('AwaitingApproval', said, [{ type: 'proposeValidator', node: name, publicKey, organisation }]);
}

/** Why a node cannot be counted on as a validator yet; undefined when it can. */
export function notCaughtUp(observed: ObservedNetwork, name: string, node: ObservedNode | undefined): string | undefined {
  const { answer, pod, ledgerNode } = node ?? {};
  if (pod === undefined || pod.deleting || answer === undefined) return `${name} is starting`;
  if (ledgerNode?.status?.podUID !== pod.uid) return `${name} has not reported its keys yet`;
  if (answer.phase !== 'Serving' || !answer.signing) return `${name} says ${answer.phase}`;
  const head = Math.max(0, ...Object.values(observed.nodes).map((one) => one.answer?.height ?? 0));
  if (!answer.caughtUp || head - answer.height > CATCH_UP_LAG_BLOCKS) return `${name} is at height ${answer.height} of ${head}`;
  return pod.ready ? undefined : `${name} is at height ${answer.height} and not ready yet`;
}

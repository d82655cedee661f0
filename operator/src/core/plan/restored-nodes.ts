import type { EffectiveNetwork } from './effective-network.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { voterState } from './quorum-gate.ts';

/**
 * Takes the backup out of the spec of each node that was rebuilt from one and stands at the head again: its next pod needs neither the
 * backup's target nor its credentials, which may be gone by then.
 */
export function planRestored(observed: ObservedNetwork, { nodes }: EffectiveNetwork): readonly NetworkAction[] {
  return nodes.flatMap(({ name, rebuild, restoreFrom }): readonly NetworkAction[] => {
    const node = observed.nodes[name];
    const isBack = restoreFrom !== undefined && node?.pod?.rebuild === rebuild && voterState(node) === 'serving';
    return isBack ? [{ type: 'orderNode', node: name, order: { restoreFrom: null } }] : [];
  });
}

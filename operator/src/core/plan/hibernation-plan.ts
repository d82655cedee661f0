import type { EffectiveNetwork } from './effective-network.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNetwork } from './observed-network.ts';

/** Ends every pod of a network that is to sleep; volumes, keys, reservations and addresses stay. Quorum is not asked for: all stop. */
export function planHibernation(observed: ObservedNetwork, { nodes }: EffectiveNetwork): readonly NetworkAction[] {
  const known = new Set([...nodes.map(({ name }) => name), ...Object.keys(observed.nodes)]);
  return [...known].flatMap((name): readonly NetworkAction[] => {
    const pod = observed.nodes[name]?.pod;
    return pod === undefined || pod.deleting ? [] : [{ type: 'stopPod', name, uid: pod.uid }];
  });
}

import type { LedgerNode } from '../resources/ledger-node.ts';
import { deletionPolicyOf } from './deletion-policy.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNetwork } from './observed-network.ts';
import type { RunningNodes } from './running-nodes.ts';
import { type Verdict, verdict } from './verdict.ts';

/**
 * Ends nodes that nobody asks for and no ledger needs: the pod, then address, configuration and certificate, and where the policy says so
 * the volume. The LedgerNode stays as the memory of whose key it held.
 */
export function planRetirements(observed: ObservedNetwork, { retired }: RunningNodes): readonly NetworkAction[] {
  const takesData = deletionPolicyOf(observed.network.spec).data === 'Delete';
  return retired.flatMap((name): readonly NetworkAction[] => {
    const { pod, volume, address, certificate } = observed.nodes[name] ?? {};
    if (pod?.deleting === true) return [];
    if (pod !== undefined)
      return [{ type: 'deletePod', name, uid: pod.uid, reason: 'the pools do not ask for it, and it is no validator of the ledger' }];
    const isLeft = address !== undefined || certificate !== undefined;
    return [
      ...(isLeft ? [{ type: 'dropNodeObjects', node: name } as const] : []),
      ...(takesData && volume !== undefined ? [{ type: 'dropVolume', node: name } as const] : []),
    ];
  });
}

/** What a retired LedgerNode says of itself; undefined for one that still has a pod. */
export function retiredVerdicts(observed: ObservedNetwork, node: LedgerNode): readonly Verdict[] | undefined {
  const { name } = node.metadata;
  const seen = observed.nodes[name];
  if (seen?.pod !== undefined) return undefined;
  const kept =
    seen?.volume === undefined ? 'its volume is gone, as deletionPolicy.data says' : 'its volume is kept: ask for it again and it goes on';
  return [verdict('Ready', false, 'Retired', `no pool asks for ${name} and no ledger needs it; ${kept}`)];
}

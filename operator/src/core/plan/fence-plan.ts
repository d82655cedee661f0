import type { Sha256 } from '@civitas/canon';
import type { Deferral } from './deferral.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import { keyHashOf } from './genesis-record.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { stopShut, votersOf } from './replacement-plan.ts';

/** At most one fence a pass. */
export interface FencePlan {
  readonly action: NetworkAction | undefined;
  readonly pending: Deferral | undefined;
}

/**
 * Takes the grant from a fenced node that still signs, as soon as the chain can do without it: its engine ends, pod and volume stay, and
 * it is granted nothing until it is unfenced.
 */
export function planFence(observed: ObservedNetwork, network: EffectiveNetwork, sha256: Sha256): FencePlan {
  let pending: Deferral | undefined;
  for (const { name, fenced } of network.nodes) {
    const { pod, answer, ledgerNode } = observed.nodes[name] ?? {};
    const key = ledgerNode?.status?.consensusPublicKey;
    if (fenced !== true || pod === undefined || pod.deleting || answer?.signing !== true || key === undefined) continue;
    const shut = stopShut(name, votersOf(observed, network), { observed, network });
    if (shut === undefined)
      return { action: { type: 'withdrawGrant', node: name, podUID: pod.uid, keyHash: keyHashOf(key, sha256) }, pending: undefined };
    pending ??= { ...shut, message: `the fence of ${shut.message}` };
  }
  return { action: undefined, pending };
}

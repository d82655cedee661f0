import { type AuthorityState, authorityState, trustedText } from './authority-state.ts';
import { hasTakenUp } from './certificate-plan.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedCertificate, ObservedNetwork } from './observed-network.ts';
import type { OperationOrders } from './operation-orders.ts';

/**
 * The next step of a roll-over: both are trusted everywhere before the new one issues, everything is issued by the new one before the old
 * one is dropped, and between the two clients have the overlap to fetch theirs. Once begun it goes on without the operation.
 */
export function planAuthority(observed: ObservedNetwork, network: EffectiveNetwork, orders: OperationOrders): readonly NetworkAction[] {
  const generations = observed.authorities ?? [];
  const newest = generations.at(-1);
  const former = generations.at(-2);
  const { authority: order } = orders;
  if (newest === undefined) return [];
  if (former === undefined) {
    if (order === undefined || newest.operationUID === order.operationUID) return [];
    return [{ type: 'addAuthority', generation: newest.generation + 1, operationUID: order.operationUID, overlapMs: order.overlapMs }];
  }
  const state = authorityState(generations);
  if (!isEverywhere(observed, network, state)) return [];
  const isOver = observed.nowUnixMs >= newest.sinceUnixMs + newest.overlapMs;
  switch (state.phase) {
    case 'Trusting':
      return isOver ? [{ type: 'advanceAuthority', generation: newest.generation, to: 'Reissuing' }] : [];
    case 'Reissuing':
      return isOver ? [{ type: 'advanceAuthority', generation: newest.generation, to: 'Dropping' }] : [];
    default:
      return [{ type: 'dropAuthority', generation: former.generation, uid: former.uid }];
  }
}

/** Every certificate is as the phase asks, and every node that runs has taken it up. */
function isEverywhere(observed: ObservedNetwork, network: EffectiveNetwork, state: AuthorityState): boolean {
  const isRight = (certificate: ObservedCertificate | undefined): boolean =>
    certificate !== undefined && (certificate.issuer ?? 1) === state.issuer && (certificate.trusted ?? '1') === trustedText(state);
  if (!isRight(observed.relayCertificate)) return false;
  return network.nodes.every(({ name }) => {
    const node = observed.nodes[name];
    return node !== undefined && isRight(node.certificate) && hasTakenUp(node);
  });
}

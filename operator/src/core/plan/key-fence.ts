import type { ObservedNetwork, ObservedReservation } from './observed-network.ts';

/** Who may sign with a key: the reservation of it, read against the node and pod that ask. */
export type Fence =
  | { readonly state: 'held' }
  /** Nobody holds it: reserve it first. */
  | { readonly state: 'free' }
  /** This node's former pod holds it, and that one is gone. */
  | { readonly state: 'passes'; readonly reservation: ObservedReservation }
  /** A node that is gone, with its pod, holds it. */
  | { readonly state: 'abandoned'; readonly reservation: ObservedReservation }
  | { readonly state: 'duplicate'; readonly holder: string };

/**
 * An API server keeps one pod a name, and removes a pod only once its kubelet has ended the containers: a second pod of the same name
 * proves the end of the first. (Who forces a deletion on a cluster takes that proof away; only evidence on the ledger shows it then.)
 */
export function fenceOf(observed: ObservedNetwork, keyHash: string, holder: { readonly nodeUID: string; readonly podUID: string }): Fence {
  const reservation = observed.reservations[keyHash];
  if (reservation === undefined) return { state: 'free' };
  if (reservation.nodeUID === holder.nodeUID) {
    return reservation.podUID === holder.podUID ? { state: 'held' } : { state: 'passes', reservation };
  }
  return reservation.isHolderGone ? { state: 'abandoned', reservation } : { state: 'duplicate', holder: reservation.holder };
}

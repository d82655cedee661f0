import { createHash } from 'node:crypto';
import { isApiError } from '@civitas/kube';
import { MANAGED_BY } from '../../core/desired/names.ts';
import type { NetworkAction } from '../../core/plan/network-action.ts';
import { API_VERSION } from '../../core/resources/kind.ts';
import { consensusKeyReservations } from '../observe/custom-resources.ts';
import type { ActionContext } from './action-context.ts';

type ActionOf<Type extends NetworkAction['type']> = Extract<NetworkAction, { type: Type }>;

/** Name of a key's reservation: a hash as Kubernetes takes names, so that a second one of the same key cannot be made. */
export function reservationName(keyHash: string): string {
  return createHash('sha256').update(keyHash).digest('hex');
}

/** @returns false when the key was reserved meanwhile, by whomever: the next look sees by whom. */
export async function reserveKey({ context, effective }: ActionContext, action: ActionOf<'reserveKey'>): Promise<boolean> {
  if (!context.isLeader()) return false;
  const spec = {
    publicKeyHash: action.keyHash,
    namespace: effective.namespace,
    networkRef: effective.name,
    node: action.node,
    nodeUID: action.nodeUID,
    podUID: action.podUID,
  };
  const metadata = { name: reservationName(action.keyHash), labels: MANAGED_BY };
  try {
    await context.client.create(consensusKeyReservations, {
      apiVersion: API_VERSION,
      kind: 'ConsensusKeyReservation',
      metadata,
      ...{ spec },
    });
    return true;
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return false;
    throw error;
  }
}

/** From a node's former pod to its present one. The version read makes two operators' passes exclude each other. */
export async function passReservation({ context }: ActionContext, { reservation, podUID }: ActionOf<'passReservation'>): Promise<boolean> {
  if (!context.isLeader()) return false;
  const { name, uid, resourceVersion } = reservation;
  const patch = { metadata: { uid, resourceVersion }, spec: { podUID } };
  try {
    await context.client.mergePatch(consensusKeyReservations, { name }, patch);
    return true;
  } catch (error) {
    if (isApiError(error, 'Conflict') || isApiError(error, 'NotFound')) return false;
    throw error;
  }
}

/** Only ever of a node and a pod that are gone. */
export async function dropReservation({ context }: ActionContext, { reservation }: ActionOf<'dropReservation'>): Promise<boolean> {
  if (!context.isLeader()) return false;
  const { name, uid, resourceVersion } = reservation;
  try {
    await context.client.delete(consensusKeyReservations, { name }, { uid, resourceVersion });
    return true;
  } catch (error) {
    if (isApiError(error, 'Conflict') || isApiError(error, 'NotFound')) return false;
    throw error;
  }
}

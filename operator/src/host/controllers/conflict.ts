import { isApiError, type KubeClient, type KubeObject, type ReconcileResult, type Resource, removeFinalizer } from '@civitas/kube';
import { AFTER_ACTION_MS } from './limits.ts';

/** Runs a reconcile; an object that changed since the cache saw it is no failure: the next look sees the newer one. */
export async function retryConflict(reconcile: () => Promise<ReconcileResult>): Promise<ReconcileResult> {
  try {
    return await reconcile();
  } catch (error) {
    if (!isApiError(error, 'Conflict')) throw error;
    return { requeueAfterMs: AFTER_ACTION_MS };
  }
}

/** Lets go of a deleted object; that it is gone already is what was wanted. */
export async function release<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  finalizer: string,
): Promise<void> {
  try {
    await removeFinalizer(client, resource, object, finalizer);
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

import { isApiError, type ReconcileResult } from '@civitas/kube';
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

import { isApiError, leases } from '@civitas/kube';
import type { KubectlContext } from './context.ts';
import { LEASE_STALE_MS } from './limits.ts';

const LEASE = { namespace: 'civitas-system', name: 'civitas-operator' };

/** Which replica of the operator leads. `unknown`: this person may not look. */
export type Leader =
  | { readonly state: 'leading'; readonly holder: string; readonly renewed: string }
  | { readonly state: 'none'; readonly renewed: string | undefined }
  | { readonly state: 'unknown' };

export async function findLeader(context: KubectlContext): Promise<Leader> {
  const cluster = await context.cluster();
  try {
    const lease = await cluster.find(leases, LEASE, { signal: context.signal });
    const { holderIdentity: holder = '', renewTime: renewed } = lease?.spec ?? {};
    if (holder === '' || renewed === undefined || context.nowUnixMs() - Date.parse(renewed) > LEASE_STALE_MS)
      return { state: 'none', renewed };
    return { state: 'leading', holder, renewed };
  } catch (error) {
    if (isApiError(error, 'Forbidden')) return { state: 'unknown' };
    throw error;
  }
}

import type { CryptoPort } from '@civitas/canon';
import { CertifiedHeaders, type LightBlockSource, type Validator } from '@civitas/proofs';

/**
 * Tells how high a network stands: the highest header that any source shows and that verifies. One that lies, is behind or goes back
 * lowers nothing, and none can raise it.
 */
export function highestHeader(request: {
  readonly chainId: string;
  readonly validators: readonly Validator[];
  readonly crypto: CryptoPort;
  readonly sources: readonly LightBlockSource[];
}): () => Promise<number> {
  const each = request.sources.map((source) => new CertifiedHeaders({ ...request, sources: [source] }));
  let highest = 0;
  return async () => {
    const newest = await Promise.allSettled(each.map((headers) => headers.at(0)));
    for (const shown of newest) if (shown.status === 'fulfilled') highest = Math.max(highest, Number(shown.value.header.height));
    return highest;
  };
}

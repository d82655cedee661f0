import { accept, type Result, refuse } from '@civitas/canon';

/** Nonces of sealed calls, each kept for as long as a copy of its call could still pass the clock window. */
export interface NonceCache {
  /** REPLAYED for one that was seen; NONCES_FULL rather than forgetting one too early. */
  take(nonce: string): Result<true>;
}

export function openNonceCache(keepMs: number, noncesMax: number, nowMs: () => number): NonceCache {
  // In order of arrival, so that the oldest stand first.
  const seenAtMs = new Map<string, number>();
  return {
    take: (nonce) => {
      const now = nowMs();
      for (const [old, atMs] of seenAtMs) {
        if (atMs + keepMs > now) break;
        seenAtMs.delete(old);
      }
      if (seenAtMs.has(nonce)) return refuse('REPLAYED', {});
      if (seenAtMs.size >= noncesMax) return refuse('NONCES_FULL', { retryAfterMs: 1000 }, 'retry');
      seenAtMs.set(nonce, now);
      return accept(true);
    },
  };
}

/** Tokens for each name: `perSecond` come back each second, at most `burst` are saved up. */
export interface TokenBuckets {
  /** 0 when a token was taken, else milliseconds until there is one. */
  take(name: string): number;
}

export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** Names remembered; the one idle for longest goes first and comes back full. */
  readonly namesMax: number;
  readonly nowMs: () => number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export function openTokenBuckets({ perSecond, burst, namesMax, nowMs }: TokenBucketOptions): TokenBuckets {
  const buckets = new Map<string, Bucket>();
  return {
    take: (name) => {
      const now = nowMs();
      const bucket = buckets.get(name) ?? { tokens: burst, atMs: now };
      // Reinsertion keeps the map in order of last use.
      buckets.delete(name);
      buckets.set(name, bucket);
      if (buckets.size > namesMax) {
        const [idlest] = buckets.keys();
        if (idlest !== undefined) buckets.delete(idlest);
      }
      bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.atMs) / 1000) * perSecond);
      bucket.atMs = now;
      if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / perSecond) * 1000);
      bucket.tokens -= 1;
      return 0;
    },
  };
}

export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank quantile, rounded to 0.1; zero for no samples. @param share above 0, at most 1. */
export function quantileOf(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((left, right) => left - right);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0) * 10) / 10;
}

/** Nearest-rank quantiles, rounded to 0.1; all zero for no samples. */
export function quantilesOf(samples: readonly number[]): Quantiles {
  return { p50: quantileOf(samples, 0.5), p90: quantileOf(samples, 0.9), p99: quantileOf(samples, 0.99), max: quantileOf(samples, 1) };
}

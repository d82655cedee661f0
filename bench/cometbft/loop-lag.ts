import { PORTS } from '@civitas/deployment';

const BUCKET = /^civitas_event_loop_lag_seconds_bucket\{(?:[^}]*,)?le="([^"]+)"[^}]*\} (\S+)$/gm;
const P99 = 0.99;

/** Moments by how long they waited at most, s, in ascending order. */
export type LagCounts = ReadonlyMap<number, number>;

export function readLagCounts(metrics: string): LagCounts {
  const counts = [...metrics.matchAll(BUCKET)].map(([, le, count]) => [Number(le === '+Inf' ? Infinity : le), Number(count)] as const);
  if (counts.length === 0) throw new Error('no lag of an event loop among the metrics');
  return new Map(counts);
}

/** What 99 % of the moments between two readings waited at most, ms: within a bucket as Prometheus reads it. */
export function lagBetween(before: LagCounts, after: LagCounts): number {
  const counts = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const);
  const wanted = P99 * (counts.at(-1)?.[1] ?? 0);
  let [below, reached] = [0, 0];
  for (const [bound, count] of counts) {
    if (count >= wanted)
      return (bound === Infinity ? below : below + ((bound - below) * (wanted - reached)) / Math.max(1, count - reached)) * 1000;
    [below, reached] = [bound, count];
  }
  return 0;
}

export async function takeLagCounts(address: string): Promise<LagCounts> {
  const response = await fetch(`http://${address}:${PORTS.metrics}/metrics`);
  return readLagCounts(await response.text());
}

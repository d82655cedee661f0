import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchNetwork, type NetworkFigures } from './bench-network.ts';
import { type GrowthPoint, growthChart } from './growth-chart.ts';

export interface GrowthBenchOptions {
  readonly seconds: number;
  readonly shared: boolean;
  /** `validators:records`, separated by commas; default 4, 7 and 10 validators, and 10k, 1M and 5M records. */
  readonly points: string | undefined;
  /** Folder of the table and the chart. */
  readonly out: string;
  readonly say: (line: string) => void;
}

const POINTS = '4:10000,7:10000,10:10000,4:1000000,4:5000000';

function parsePoints(text: string): { validators: number; keys: number }[] {
  return text.split(',').map((point) => {
    const [validators = 0, keys = 0] = point.split(':').map(Number);
    if (!Number.isSafeInteger(validators) || validators < 1 || !Number.isSafeInteger(keys) || keys < 0)
      throw new Error(`${point}: expected validators:records, such as 4:10000`);
    return { validators, keys };
  });
}

function pointOf(
  at: { validators: number; keys: number },
  { saturation, closedLoop, halfLoad, tenPerSecond }: NetworkFigures,
): GrowthPoint {
  return {
    ...at,
    operationsPerSecond: saturation.operationsPerSecond,
    closedLoopPerSecond: closedLoop.operationsPerSecond,
    commitMsAtHalf: halfLoad.commitMs.p50,
    commitMsAt10PerSecond: tenPerSecond.commitMs.p50,
    cpuMicrosPerOperation: saturation.cpuMicrosPerOperation,
    nodeRssBytes: saturation.rssBytes.node,
  };
}

function tableOf(points: readonly GrowthPoint[]): string {
  const rows = points.map((point) =>
    [
      point.validators,
      point.keys.toLocaleString('en'),
      Math.round(point.operationsPerSecond).toLocaleString('en'),
      Math.round(point.closedLoopPerSecond).toLocaleString('en'),
      point.commitMsAt10PerSecond,
      point.commitMsAtHalf,
      `${Math.round(point.cpuMicrosPerOperation.engine)} + ${Math.round(point.cpuMicrosPerOperation.node)}`,
      Math.round(point.nodeRssBytes / 1_048_576),
    ].join(' | '),
  );
  return [
    '| validators | records | operations/s borne | closed loop, operations/s | p50 at 10/s, ms | p50 at half load, ms | CPU an operation and validator, engine + node, µs | RSS of a node, MB |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n');
}

/** Throughput and latency as the network and its state grow; each point on a network of its own. */
export async function benchGrowth(options: GrowthBenchOptions): Promise<{ points: readonly GrowthPoint[]; files: readonly string[] }> {
  const points: GrowthPoint[] = [];
  const [table, chart] = [join(options.out, 'benchmarks-growth.md'), join(options.out, 'benchmarks-growth.svg')];
  for (const at of parsePoints(options.points ?? POINTS)) {
    options.say(`${at.validators} validators, ${at.keys} records`);
    points.push(pointOf(at, await benchNetwork({ ...options, ...at, loadOnly: true })));
    // Written after each point: the last ones take long.
    writeFileSync(table, tableOf(points));
    writeFileSync(chart, growthChart(points));
  }
  return { points, files: [table, chart] };
}

import { startConsensusNetwork } from '../../test/consensus/network/consensus-network.ts';
import { startLoadGenerators } from '../cometbft/load-generators.ts';
import { type LoadFigures, measureLoad } from '../cometbft/measure-network.ts';
import { type Collector, startCollector } from './collector.ts';
import { restartWatched, type Watching, watch } from './observed-network.ts';

export interface OverheadBenchOptions {
  readonly validators: number;
  /** Of each window: one as fast as it goes, one at a fixed rate. */
  readonly seconds: number;
  /** Rounds; in each, every way of being watched has its turn, and begins one place later. */
  readonly repeats: number;
  /** Of the windows at a fixed rate. */
  readonly perSecond: number;
  readonly say: (line: string) => void;
}

type Way = 'nothing' | 'everything' | 'every operation traced' | 'collector silent';

interface Turn {
  readonly full: LoadFigures;
  readonly paced: LoadFigures;
}

/** As every pod has it (operator: pod-defaults). */
const POD_ENVIRONMENT = { NODE_OPTIONS: '--max-semi-space-size=8' };
const WINDOW_OPERATIONS = 1024;
const GUESS_PER_SECOND = 3000;
/** As Prometheus' usual interval and the probe's; short windows must meet some. */
const SCRAPE_MS = 5000;
const PROBE_MS = 10_000;
const SAMPLE_PER_MILLE = 10;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function waysOf(answering: Collector, silent: Collector): readonly (readonly [Way, Watching])[] {
  const all = { logLevel: 'info', scrapeMs: SCRAPE_MS, probeMs: PROBE_MS } as const;
  return [
    ['nothing', { logLevel: 'error' }],
    ['everything', { ...all, tracing: { endpoint: answering.endpoint, samplePerMille: SAMPLE_PER_MILLE } }],
    ['every operation traced', { ...all, tracing: { endpoint: answering.endpoint, samplePerMille: 1000 } }],
    ['collector silent', { ...all, tracing: { endpoint: silent.endpoint, samplePerMille: 1000 } }],
  ];
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor((sorted.length - 1) / 2);
  return ((sorted[middle] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2;
}

function figuresOf(turns: readonly Turn[], bare: readonly Turn[]): object {
  const median = (of: (turn: Turn) => number, from = turns): number => Math.round(medianOf(from.map(of)) * 10) / 10;
  const cpuOf = ({ paced }: Turn): number => paced.cpuMicrosPerOperation.node;
  // Each turn beside the bare one of its own round: what else the machine did then weighs on both.
  const ratios = (of: (turn: Turn) => number): number =>
    Math.round(medianOf(turns.map((turn, round) => of(turn) / Math.max(1, of(bare[round] ?? turn)))) * 1000) / 1000;
  return {
    operationsPerSecond: median(({ full }) => full.operationsPerSecond),
    operationsPerSecondRatio: ratios(({ full }) => full.operationsPerSecond),
    cpuMicrosPerOperation: median(cpuOf),
    cpuRatio: ratios(cpuOf),
    commitMsP50: median(({ paced }) => paced.commitMs.p50),
    rssBytes: Math.round(median(({ full }) => full.rssBytes.node)),
    cpuMicrosPerOperationOfTurns: turns.map(cpuOf),
    operationsPerSecondOfTurns: turns.map(({ full }) => full.operationsPerSecond),
  };
}

/**
 * What being watched costs a network of real validators: nothing watched; everything as it is advised (logs, scrapes, probe, one operation
 * in a hundred traced); every operation traced; the same with a collector that never answers. All take turns in one run. CPU is the node's,
 * mean over the validators. Metrics are counted in every way: there is no product without them.
 */
export async function benchOverhead({ validators, seconds, repeats, perSecond, say }: OverheadBenchOptions): Promise<object> {
  const [answering, silent] = [await startCollector(false), await startCollector(true)];
  const network = await startConsensusNetwork({
    validators,
    config: { emptyBlockIntervalMs: 5_000 },
    node: () => ({ environment: POD_ENVIRONMENT }),
  });
  const stop = async (): Promise<void> => {
    await network.stop();
    await Promise.all([answering.close(), silent.close()]);
  };
  const interrupted = (): void => void stop().finally(() => process.exit(1));
  for (const signal of SIGNALS) process.once(signal, interrupted);
  const turns = new Map<Way, Turn[]>();
  const measure = async (way: Way, watching: Watching): Promise<void> => {
    await restartWatched(network, watching);
    const generators = await startLoadGenerators(network, validators);
    const parts = { network, generators, validatorCount: validators };
    const watched = watch(network, watching);
    const times = { warmUpMs: Math.min(5000, seconds * 500), measureMs: seconds * 1000 };
    try {
      await generators.prepare(((times.warmUpMs + times.measureMs) / 1000) * GUESS_PER_SECOND, 1);
      const full = await measureLoad(parts, { kind: 'closed', window: WINDOW_OPERATIONS }, times);
      await generators.prepare(((times.warmUpMs + times.measureMs) / 1000) * perSecond + 16, 1);
      const paced = await measureLoad(parts, { kind: 'open', perSecond }, times);
      turns.set(way, [...(turns.get(way) ?? []), { full, paced }]);
      const { node } = paced.cpuMicrosPerOperation;
      say(`${way}: ${full.operationsPerSecond}/s; at ${perSecond}/s ${node} µs of CPU an operation, p50 ${paced.commitMs.p50} ms`);
    } finally {
      watched.stop();
      await generators.stop();
    }
  };
  try {
    const ways = waysOf(answering, silent);
    for (let round = 0; round < repeats; round++)
      for (let place = 0; place < ways.length; place++) {
        const [way, watching] = ways[(round + place) % ways.length] ?? ways[0] ?? [];
        if (way !== undefined && watching !== undefined) await measure(way, watching);
      }
    const bare = turns.get('nothing') ?? [];
    const watched = Object.fromEntries([...turns].map(([way, of]) => [way, figuresOf(of, bare)]));
    return { validators, rounds: repeats, perSecond, watched, collectedBytes: answering.byteCount() };
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    await stop();
  }
}

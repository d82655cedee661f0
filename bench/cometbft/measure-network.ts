import { waitFor } from '@civitas/testkit';
import type { ConsensusNetwork } from '../../test/consensus/network/consensus-network.ts';
import { diskBytesOf } from '../disk-usage.ts';
import { cpuMicrosOf, ownRssBytesOf, rssBytesOf } from '../process-usage.ts';
import { type Quantiles, quantilesOf } from '../quantiles.ts';
import type { LoadGenerators } from './load-generators.ts';
import type { LoadRun } from './load-messages.ts';
import { type LagCounts, lagBetween, takeLagCounts } from './loop-lag.ts';

/** What one load did to a network. CPU and disk of engine and node are means over the validators. */
export interface LoadFigures {
  readonly offeredPerSecond: number;
  readonly operationsPerSecond: number;
  /** Of the operations that were due, how many succeeded. */
  readonly committedShare: number;
  readonly commitMs: Quantiles;
  readonly refusals: Readonly<Record<string, number>>;
  readonly cpuMicrosPerOperation: { readonly engine: number; readonly node: number; readonly generator: number };
  /** nodeOwn: without the pages of its store that the system keeps in memory for it. */
  readonly rssBytes: { readonly engine: number; readonly node: number; readonly nodeOwn: number };
  readonly diskBytesPerOperation: { readonly engine: number; readonly node: number };
  /** Lag of a node's event loop while it was measured, p99 by its metrics, of the worst validator, ms. */
  readonly loopLagMs: number;
  readonly committedInAll: number;
  /** Signed by the generator while it was measured: its CPU then holds signing, too. */
  readonly signedMeanwhile: number;
}

interface Usage {
  readonly engine: number;
  readonly node: number;
}

const PARTS = ['engine', 'node'] as const;
const round = (value: number, digits = 0): number => Math.round(value * 10 ** digits) / 10 ** digits;
const sleepUntil = (unixMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, unixMs - Date.now())));

function meanOver(validatorCount: number, of: (index: number, part: (typeof PARTS)[number]) => number): Usage {
  const mean = (part: (typeof PARTS)[number]): number =>
    Array.from({ length: validatorCount }, (_, index) => of(index, part)).reduce((sum, value) => sum + value, 0) / validatorCount;
  return { engine: mean('engine'), node: mean('node') };
}

/** One load on a network, with what it cost. */
export async function measureLoad(
  parts: { readonly network: ConsensusNetwork; readonly generators: LoadGenerators; readonly validatorCount: number },
  load: LoadRun['load'],
  times: Pick<LoadRun, 'warmUpMs' | 'measureMs'>,
): Promise<LoadFigures> {
  const { network, generators, validatorCount } = parts;
  const cpu = (): Usage => meanOver(validatorCount, (index, part) => cpuMicrosOf(network.pod(index).pidOf(part) ?? 0));
  const disk = (): Usage =>
    meanOver(validatorCount, (index, part) => {
      const engine = diskBytesOf(network.pod(index).engineHome);
      return part === 'engine' ? engine : diskBytesOf(network.pod(index).pathOf('data')) - engine;
    });
  const lagCounts = (): Promise<LagCounts[]> =>
    Promise.all(Array.from({ length: validatorCount }, (_, index) => takeLagCounts(network.pod(index).clientAddress)));
  const diskBefore = disk();
  const { startUnixMs, result } = generators.run(load, times);
  await sleepUntil(startUnixMs + times.warmUpMs);
  const cpuBefore = cpu();
  const lagsBefore = await lagCounts();
  await sleepUntil(startUnixMs + times.warmUpMs + times.measureMs);
  const cpuAfter = cpu();
  const lags = (await lagCounts()).map((after, index) => lagBetween(lagsBefore[index] ?? new Map(), after));
  const rssBytes = meanOver(validatorCount, (index, part) => rssBytesOf(network.pod(index).pidOf(part) ?? 0));
  const { node: nodeOwn } = meanOver(validatorCount, (index, part) => ownRssBytesOf(network.pod(index).pidOf(part) ?? 0));
  const ran = await result;
  const diskAfter = disk();
  const seconds = times.measureMs / 1000;
  const perOperation = (total: number): number => round(total / Math.max(1, ran.committedMeanwhile), 1);
  const perOperationInAll = (total: number): number => round(total / Math.max(1, ran.committedInAll));
  return {
    offeredPerSecond: round(ran.offered / seconds, 1),
    operationsPerSecond: round(ran.committedMeanwhile / seconds, 1),
    committedShare: round(ran.committed / Math.max(1, ran.offered), 4),
    commitMs: quantilesOf([...ran.latenciesMs]),
    refusals: ran.refusals,
    cpuMicrosPerOperation: {
      engine: perOperation(cpuAfter.engine - cpuBefore.engine),
      node: perOperation(cpuAfter.node - cpuBefore.node),
      generator: perOperation(ran.cpuMicros),
    },
    rssBytes: { engine: Math.round(rssBytes.engine), node: Math.round(rssBytes.node), nodeOwn: Math.round(nodeOwn) },
    diskBytesPerOperation: {
      engine: perOperationInAll(diskAfter.engine - diskBefore.engine),
      node: perOperationInAll(diskAfter.node - diskBefore.node),
    },
    loopLagMs: round(Math.max(...lags)),
    committedInAll: ran.committedInAll,
    signedMeanwhile: ran.signedMeanwhile,
  };
}

const CATCH_UP_LIMIT_MS = 600_000;

/** A fresh node follows from height 1 to the height that the others had. */
export async function measureCatchUp(
  network: ConsensusNetwork,
  operations: number,
): Promise<{ blocks: number; seconds: number; operationsPerSecond: number }> {
  const target = Number((await network.status(0)).height);
  const { index } = await network.addNode();
  const heightNow = async (): Promise<number> => Number((await network.status(index)).height);
  await waitFor('the first block of the new node', async () => (await heightNow()) > 0, CATCH_UP_LIMIT_MS);
  const startedMs = performance.now();
  await waitFor('the new node at the head', async () => (await heightNow()) >= target, CATCH_UP_LIMIT_MS);
  const seconds = Math.max(0.001, (performance.now() - startedMs) / 1000);
  await network.kill(index, 'both', 'SIGTERM');
  return { blocks: target, seconds: round(seconds, 2), operationsPerSecond: Math.round(operations / seconds) };
}

/** A validator killed and started again: until its node answers, and until it stands where the others stood. */
export async function measureRestart(network: ConsensusNetwork, index: number): Promise<{ answersMs: number; caughtUpMs: number }> {
  const target = (await network.status(0)).height;
  await network.kill(index, 'both');
  const startedMs = performance.now();
  network.start(index);
  await waitFor('an answer of the restarted node', async () => (await network.status(index)).height > 0n, CATCH_UP_LIMIT_MS);
  const answersMs = Math.round(performance.now() - startedMs);
  await waitFor('the restarted node at the head', async () => (await network.status(index)).height >= target, CATCH_UP_LIMIT_MS);
  return { answersMs, caughtUpMs: Math.round(performance.now() - startedMs) };
}

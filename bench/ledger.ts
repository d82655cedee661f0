import { type LedgerClient, openParties } from '@civitas/cli';
import { findPodProcess } from '../test/e2e/pod-processes.ts';
import { type BenchOptions, withCity } from './city.ts';
import { aRegistration } from './documents.ts';
import { cpuMicrosOf, rssBytesOf } from './process-usage.ts';
import { quantilesOf } from './quantiles.ts';

const NETWORK = 'health';
const IN_FLIGHT = 512;
const LOW_RATE_PER_SECOND = 10;
const HALF_LOAD_SHARE = 0.5;

/** Sustained operations (one signature each, about 400 bytes signed) and commit latency, on the health ledger. */
export function benchLedger(options: BenchOptions): Promise<object> {
  return withCity(options, async (home) => {
    const pid = findPodProcess(home, `${NETWORK}-0`);
    if (pid === undefined) throw new Error(`the pod ${NETWORK}-0 of ${home} does not run on this machine`);
    const parties = openParties(home);
    const ledger = parties.ledger('hospital-1', NETWORK);
    options.say('warming up');
    await saturate(ledger, { seconds: Math.min(5, options.seconds), pid });
    options.say(`saturating for ${options.seconds} s`);
    const full = await saturate(ledger, { seconds: options.seconds, pid });
    options.say('half load');
    const commitMs = await paced(ledger, { perSecond: full.operationsPerSecond * HALF_LOAD_SHARE, seconds: options.seconds });
    options.say(`${LOW_RATE_PER_SECOND}/s`);
    const commitMsAt10PerSecond = await paced(ledger, { perSecond: LOW_RATE_PER_SECOND, seconds: Math.min(10, options.seconds) });
    parties.close();
    return { ...full, commitMs, commitMsAt10PerSecond, rssBytes: rssBytesOf(pid) };
  });
}

/** Closed loop: keeps a fixed number of operations in flight. The generator signs on the same machine; its CPU is reported. */
async function saturate(ledger: LedgerClient, run: { seconds: number; pid: number }) {
  const cpuBefore = cpuMicrosOf(run.pid);
  const ownBefore = process.cpuUsage();
  const startedMs = performance.now();
  let committed = 0;
  const refusals: string[] = [];
  const worker = async (): Promise<void> => {
    while (performance.now() - startedMs < run.seconds * 1000) {
      const answer = await ledger.submitBulk(aRegistration());
      if (answer.ok) committed += 1;
      else refusals.push(`${answer.refusal.code} ${JSON.stringify(answer.refusal.facts)}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  if (committed === 0) throw new Error(`every operation was refused, the first with ${refusals[0] ?? 'nothing'}`);
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  const own = process.cpuUsage(ownBefore);
  return {
    operationsPerSecond: Math.round(committed / elapsedSeconds),
    refused: refusals.length,
    cpuMicrosPerOperation: Math.round((cpuMicrosOf(run.pid) - cpuBefore) / Math.max(1, committed)),
    generatorCpuMicrosPerOperation: Math.round((own.user + own.system) / Math.max(1, committed)),
  };
}

/** Open loop: submits on schedule whether or not earlier operations have answered, and times each from its scheduled moment. */
async function paced(ledger: LedgerClient, load: { perSecond: number; seconds: number }) {
  const total = Math.floor(load.perSecond * load.seconds);
  const startedMs = performance.now();
  const latencies: number[] = [];
  const open: Promise<void>[] = [];
  for (let index = 0; index < total; index += 1) {
    const dueMs = startedMs + (index * 1000) / load.perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    open.push(ledger.submitBulk(aRegistration()).then(() => void latencies.push(performance.now() - dueMs)));
  }
  await Promise.all(open);
  return quantilesOf(latencies);
}

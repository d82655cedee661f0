import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { podProcesses } from '../test/e2e/pod-processes.ts';
import { readReady, startCity } from '../test/e2e/running-city.ts';
import type { BenchOptions } from './city.ts';
import { rssBytesOf } from './process-usage.ts';

/** From an empty folder to ready, to stopped, to ready again; memory of every process of the city. */
export async function benchStart(options: BenchOptions): Promise<object> {
  const home = mkdtempSync(join(tmpdir(), 'civitas-bench-'));
  try {
    options.say('first start');
    const first = await timed(() => startCity(home));
    const rss = memoryOf(home);
    const stopped = await timed(() => first.value.stop());
    options.say('second start');
    const second = await timed(() => startCity(home));
    const resumedRss = memoryOf(home);
    const stoppedAgain = await timed(() => second.value.stop());
    return {
      startMs: first.ms,
      resumeMs: second.ms,
      stopMs: Math.max(stopped.ms, stoppedAgain.ms),
      rssBytes: rss.total,
      resumedRssBytes: resumedRss.total,
      rssBytesByProcess: rss.byProcess,
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const startedMs = performance.now();
  const value = await work();
  return { value, ms: Math.round(performance.now() - startedMs) };
}

function memoryOf(home: string): { total: number; byProcess: Readonly<Record<string, number>> } {
  const root = { pod: 'api-server-and-kubelet', pid: readReady(home).pid };
  const processes = [root, ...podProcesses(home)].map(({ pod, pid }) => [pod, rssBytesOf(pid)] as const);
  return { total: processes.reduce((sum, [, bytes]) => sum + bytes, 0), byProcess: Object.fromEntries(processes) };
}

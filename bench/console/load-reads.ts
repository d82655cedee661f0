import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMicrosOf } from '../process-usage.ts';
import { quantileOf } from '../quantiles.ts';

/** One user: how they are known to the server, and what they look at, in turn. */
export interface Reader {
  readonly authorization: string;
  readonly paths: readonly string[];
}

export interface ReadLoad {
  readonly origin: string;
  /** Process that answers. */
  readonly pid: number;
  readonly readers: readonly Reader[];
  /** Pause of each between the moments its requests are due. */
  readonly everyMs: number;
  readonly seconds: number;
}

interface Sample {
  readonly path: string;
  readonly ms: number;
  readonly status: number;
}

export interface ReadFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failed: number;
  readonly ms: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  readonly cpuMicrosPerRequest: number;
  readonly p95MsByPath: Readonly<Record<string, number>>;
}

function statusOf(agent: Agent, url: string, authorization: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { authorization } }, (response) => {
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject);
      response.resume();
    });
    request.on('error', reject);
  });
}

/** What of the paths each reader may see: a load of refusals would measure nothing. */
export async function readable(origin: string, { authorization, paths }: Reader): Promise<Reader> {
  const agent = new Agent({ keepAlive: true });
  const allowed: string[] = [];
  for (const path of paths) if ((await statusOf(agent, `${origin}${path}`, authorization)) === 200) allowed.push(path);
  agent.destroy();
  if (allowed.length === 0) throw new Error('a reader who may see nothing');
  return { authorization, paths: allowed };
}

/**
 * Readers side by side, each with a connection of its own, as people are: a request is due at a fixed pause after the one before, and is timed
 * from then, whether or not its reader was still waiting.
 */
export async function loadReads({ origin, pid, readers, everyMs, seconds }: ReadLoad): Promise<ReadFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: readers.length });
  const samples: Sample[] = [];
  const startMs = performance.now();
  const cpuBefore = cpuMicrosOf(pid);
  const read = async ({ authorization, paths }: Reader, index: number): Promise<void> => {
    for (let turn = 0; ; turn += 1) {
      const dueMs = startMs + (index / readers.length) * everyMs + turn * everyMs;
      if (dueMs >= startMs + seconds * 1000) return;
      await sleep(Math.max(0, dueMs - performance.now()));
      const path = paths[(index + turn) % paths.length] ?? '';
      const status = await statusOf(agent, `${origin}${path}`, authorization);
      samples.push({ path, ms: performance.now() - dueMs, status });
    }
  };
  await Promise.all(readers.map(read));
  const cpuMicros = cpuMicrosOf(pid) - cpuBefore;
  agent.destroy();
  return figuresOf(samples, cpuMicros, (performance.now() - startMs) / 1000);
}

function figuresOf(samples: readonly Sample[], cpuMicros: number, seconds: number): ReadFigures {
  const all = samples.map(({ ms }) => ms);
  const paths = [...new Set(samples.map(({ path }) => path))].sort();
  const p95Of = (path: string): number => {
    const of = samples.filter((sample) => sample.path === path);
    return quantileOf(
      of.map(({ ms }) => ms),
      0.95,
    );
  };
  return {
    requests: samples.length,
    requestsPerSecond: Math.round(samples.length / seconds),
    failed: samples.filter(({ status }) => status !== 200).length,
    ms: { p50: quantileOf(all, 0.5), p95: quantileOf(all, 0.95), p99: quantileOf(all, 0.99), max: quantileOf(all, 1) },
    cpuMicrosPerRequest: Math.round(cpuMicros / Math.max(1, samples.length)),
    p95MsByPath: Object.fromEntries(paths.map((path) => [path, p95Of(path)])),
  };
}

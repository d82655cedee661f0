import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LogFields } from '@civitas/telemetry';

const EVERY_MS = 5_000;
const TURN_MS = 5;
const NANOS_PER_MS = 1e6;

/**
 * Logs each five seconds how long the event loop was held: delays as a clock sees them, which a loaded machine lengthens, and the processor
 * time that the thread used in one turn, which it does not; and the memory of the process.
 */
export function measureLoop(): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let turns: number[] = [];
  let used = process.threadCpuUsage();
  setInterval(() => {
    const now = process.threadCpuUsage(used);
    turns.push((now.user + now.system) / 1000);
    used = process.threadCpuUsage();
  }, TURN_MS).unref();
  setInterval(() => {
    turns.sort((left, right) => left - right);
    const fields: LogFields = {
      delayP99Ms: Math.round(delay.percentile(99) / NANOS_PER_MS),
      turnP99Ms: turns[Math.floor(turns.length * 0.99)] ?? 0,
      turnMaxMs: turns.at(-1) ?? 0,
      rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
      heapMiB: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
    };
    process.stdout.write(`${JSON.stringify({ level: 'info', event: 'event-loop', ...fields })}\n`);
    delay.reset();
    turns = [];
  }, EVERY_MS).unref();
}

// Given to Node before main.ts: `node --import …/preload.ts …/main.ts serve`. Traces begin before the program does; where its configuration names
// no collector, nothing of them is loaded. Threads take the same arguments and need none of it.
import { isMainThread } from 'node:worker_threads';

const [, , command] = process.argv;

if (isMainThread && (command === 'serve' || command === 'relay')) {
  const { startTracing } = await import('@civitas/telemetry/tracing');
  const { podOf } = await import('./host/config/pod.ts');
  const { VERSION } = await import('./host/config/version.ts');
  const { mountedTracing } = await import('./host/telemetry/mounted-tracing.ts');
  await startTracing(() => mountedTracing(command, podOf(process.env), VERSION));
}

// Given to Node before main.ts: `node --import …/preload.ts …/main.ts`. Traces begin before the program does; where the environment names no
// collector, nothing of them is loaded.
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.env['CIVITAS_TRACING_ENDPOINT'] !== undefined) {
  const { startTracing, tracingOfEnvironment } = await import('@civitas/telemetry/tracing');
  await startTracing(() => {
    const asked = tracingOfEnvironment(process.env);
    return asked && { ...asked, service: 'civitas-console', attributes: { component: 'console', node: process.env['POD_NAME'] ?? '' } };
  });
}

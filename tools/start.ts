// `npm start`: one root process with the Kubernetes API and the kubelet; everything else is a pod.
import { enableCompileCache, flushCompileCache } from 'node:module';
import { COMPILE_CACHE } from './start/compile-cache.ts';
import { parseOptions, USAGE } from './start/options.ts';
import { StartRefused } from './start/start-refused.ts';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (process.platform !== 'linux') {
    throw new StartRefused(
      'NOT_LINUX',
      `the process kubelet needs Linux (every pod has its own 127.x.y.z address), this is ${process.platform}`,
    );
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal));
  // A terminal or pipe that is gone must not end this process before it has stopped the pods.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  enableCompileCache(COMPILE_CACHE);
  const { runCity } = await import('./start/city.ts');
  flushCompileCache();
  await runCity(options, (line) => process.stdout.write(`${line}\n`), stop.signal);
  return 0;
}

try {
  // Not left to the event loop: everything is stopped, and a handle that never closes kept the process spinning in Node's clean-up once.
  process.exit(await main());
} catch (error) {
  if (!(error instanceof StartRefused)) throw error;
  process.stderr.write(`civitas: ${error.message}\n`);
  process.exitCode = error.code === 'BAD_ARGUMENT' ? 2 : 1;
}

import { parseArgs } from 'node:util';

const VERSION = '0.1.0';
const USAGE = `civitas-console [--help | --version]

Serves the console of a city: its pages, the API below /api/v1 and, on one machine, the identity provider below /realms/city.

  POD_IP                where it listens (default 127.0.0.1)
  CONSOLE_PORT          on which port (default 8080)
  METRICS_PORT          where /metrics, /healthz and /readyz are served (default 9464)
  CIVITAS_CONSOLE_WEB   folder of the built pages (default that beside the program)
  LOG_LEVEL             trace, debug, info (default), warn or error

Its configuration is /etc/civitas-console/config.json; its users, keys and audit log are in /var/lib/civitas-console.
`;

async function run(): Promise<number> {
  (await import('@civitas/kube/frugal-heap')).keepHeapSmall();
  const { flushCompileCache } = await import('node:module');
  const { limitConnects } = await import('@civitas/node-call');
  const { readConsoleSettings } = await import('./config/console-config.ts');
  const { runConsole } = await import('./run-console.ts');
  // Everything is imported by now: the next process starts from compiled code, however this one ends.
  flushCompileCache();
  limitConnects();
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  return runConsole(await readConsoleSettings(process.env), VERSION, stopping.signal);
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({ args: [...argv], options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } });
    if (values.help !== true && values.version !== true) return await run();
    process.stdout.write(values.help === true ? USAGE : `${VERSION}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`civitas-console: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof TypeError || error instanceof RangeError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
// Streams that hang must not keep a stopped console alive.
process.exit();

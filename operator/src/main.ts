import { parseArgs } from 'node:util';

const VERSION = '0.1.0';
const USAGE = `civitas-operator [--help | --version]

Keeps LedgerNetworks, LedgerLinks and Agencies as their objects ask, on the cluster it runs in: in a pod through its ServiceAccount,
elsewhere through the kubeconfig that KUBECONFIG or ~/.kube/config names.

  POD_NAME, POD_UID   its identity in the Lease civitas-system/civitas-operator
  POD_IP              where /metrics, /healthz and /readyz are served (default 127.0.0.1)
  METRICS_PORT        their port (default 9464)
  LOG_LEVEL           trace, debug, info (default), warn or error
`;

/** What is printed instead of running; undefined to run. @throws for an argument that is none. */
function answerTo(argv: readonly string[]): string | undefined {
  const { values } = parseArgs({ args: [...argv], options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } });
  if (values.help === true) return USAGE;
  return values.version === true ? `${VERSION}\n` : undefined;
}

async function run(): Promise<number> {
  const { flushCompileCache } = await import('node:module');
  const { readOperatorConfig } = await import('./host/config/operator-config.ts');
  const { runOperator } = await import('./host/run-operator.ts');
  // Everything is imported by now: the next process starts from compiled code, however this one ends.
  flushCompileCache();
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  return runOperator(readOperatorConfig(process.env), VERSION, stopping.signal);
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const answer = answerTo(argv);
    if (answer === undefined) return await run();
    process.stdout.write(answer);
    return 0;
  } catch (error) {
    process.stderr.write(`civitas-operator: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof TypeError || error instanceof RangeError ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
// Sockets of nodes that hang must not keep a stopped operator alive.
process.exit();

import { parseArgs } from 'node:util';

const VERSION = '0.1.0';
const USAGE = `civitas-operator [crds | --help | --version]

Keeps LedgerNetworks, LedgerLinks and Agencies as their objects ask, on the cluster it runs in: in a pod through its ServiceAccount,
elsewhere through the kubeconfig that KUBECONFIG or ~/.kube/config names.

  POD_NAME, POD_UID   its identity in the Lease civitas-system/civitas-operator
  POD_IP              where /metrics, /healthz and /readyz are served (default 127.0.0.1)
  METRICS_PORT        their port (default 9464)
  LOG_LEVEL           trace, debug, info (default), warn or error

crds applies the definitions of its kinds to the cluster instead, waits until they are served, and ends.
`;

interface Asked {
  /** What is printed instead of running. */
  readonly answer?: string;
  readonly command: 'run' | 'crds';
}

/** @throws TypeError for an argument that is none. */
function askedOf(argv: readonly string[]): Asked {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
    allowPositionals: true,
  });
  const wrong = positionals.find((word, index) => index > 0 || word !== 'crds');
  if (wrong !== undefined) throw new TypeError(`unexpected argument '${wrong}'; see --help`);
  const command = positionals.length === 0 ? 'run' : 'crds';
  if (values.help === true) return { command, answer: USAGE };
  return values.version === true ? { command, answer: `${VERSION}\n` } : { command };
}

async function defineKinds(): Promise<number> {
  const { createKubeClient, loadKubeConfig, systemClock } = await import('@civitas/kube');
  const { applyDefinitions } = await import('./host/apply-definitions.ts');
  const client = createKubeClient(await loadKubeConfig(), { clock: systemClock });
  try {
    await applyDefinitions({ client, clock: systemClock, say: (line) => process.stdout.write(`${line}\n`) });
  } finally {
    client.close();
  }
  return 0;
}

async function run(): Promise<number> {
  (await import('@civitas/kube/frugal-heap')).keepHeapSmall();
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
    const { answer, command } = askedOf(argv);
    if (answer === undefined) return await (command === 'run' ? run() : defineKinds());
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

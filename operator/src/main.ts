import { readOperatorConfig } from './host/config/operator-config.ts';
import { runOperator } from './host/run-operator.ts';

const VERSION = '0.1.0';

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
process.exitCode = await runOperator(readOperatorConfig(process.env), VERSION, stopping.signal);
// Sockets of nodes that hang must not keep a stopped operator alive.
process.exit();

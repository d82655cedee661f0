import { flushCompileCache } from 'node:module';
import { readOperatorConfig } from './host/config/operator-config.ts';
import { runOperator } from './host/run-operator.ts';

const VERSION = '0.1.0';

// Everything is imported by now: the next process starts from compiled code, however this one ends.
flushCompileCache();
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
process.exitCode = await runOperator(readOperatorConfig(process.env), VERSION, stopping.signal);
// Sockets of nodes that hang must not keep a stopped operator alive.
process.exit();

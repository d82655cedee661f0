import { runProgram } from '../run-program.ts';
import { openPlugin } from './open-cluster.ts';
import { createPlugin } from './program.ts';

await runProgram({ name: 'kubectl civitas', create: createPlugin, open: openPlugin, isJson: ({ output }) => output === 'json' });

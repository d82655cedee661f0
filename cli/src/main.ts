import { openContext } from './commands/open-context.ts';
import { createProgram } from './program.ts';
import { runProgram } from './run-program.ts';

await runProgram({ name: 'civitas', create: createProgram, open: openContext, isJson: ({ json }) => json === true });

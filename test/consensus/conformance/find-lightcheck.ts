import { findEngineTools } from '../../../tools/engine/engine-tools.ts';

/** The program to judge with; undefined, said loudly, where the engine tools are not installed. @throws Error on CI. */
export function findLightcheckProgram(): string | undefined {
  const tools = findEngineTools();
  if (tools !== undefined) return tools.path('lightcheck');
  if (process.env['CI'] === 'true') throw new Error('the engine tools are not installed: npm run engine:install');
  process.stderr.write('SKIPPED: the engine tools are not installed (npm run engine:install)\n');
  return undefined;
}

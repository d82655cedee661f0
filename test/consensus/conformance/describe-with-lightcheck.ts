import { describe, test } from '@jest/globals';
import { findEngineTools } from '../../../tools/engine/engine-tools.ts';

/** A suite that asks CometBFT's own packages; without the engine tools it is skipped loudly, and fails in CI. */
export function describeWithLightcheck(name: string, suite: (program: string) => void): void {
  const tools = findEngineTools();
  if (tools !== undefined) {
    describe(name, () => suite(tools.path('lightcheck')));
    return;
  }
  const message = `${name}: no engine tools; npm run engine:install`;
  if (process.env['CI'] === undefined) {
    process.stderr.write(`SKIPPED: ${message}\n`);
    describe.skip(name, () => suite(''));
  } else {
    test(name, () => {
      throw new Error(message);
    });
  }
}

import { describe, test } from '@jest/globals';
import { findEngineBinary } from './consensus-network.ts';

/** A suite over real engines; without one it is skipped loudly, and fails in CI. */
export function describeWithEngine(name: string, suite: () => void): void {
  if (findEngineBinary() !== undefined) {
    describe(name, suite);
    return;
  }
  const message = `${name}: no engine; npm run engine:install`;
  if (process.env['CI'] === undefined) {
    process.stderr.write(`SKIPPED: ${message}\n`);
    describe.skip(name, suite);
  } else {
    test(name, () => {
      throw new Error(message);
    });
  }
}

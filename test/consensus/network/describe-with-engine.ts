import { describe, test } from '@jest/globals';
import { findNextEngine } from '../../../tools/engine-next/engine-next.ts';
import { findEngineBinary } from './consensus-network.ts';

/** A suite over real engines; without one it is skipped loudly, and fails in CI. */
export function describeWithEngine(name: string, suite: () => void): void {
  describeWith({ program: findEngineBinary(), install: 'npm run engine:install' }, name, suite);
}

/** The same with the next release family beside. */
export function describeWithNextEngine(name: string, suite: () => void): void {
  const program = findEngineBinary() && findNextEngine()?.path('cometbft');
  describeWith({ program, install: 'npm run engine:install -- --next' }, name, suite);
}

function describeWith(needed: { readonly program: string | undefined; readonly install: string }, name: string, suite: () => void): void {
  if (needed.program !== undefined) {
    describe(name, suite);
    return;
  }
  const message = `${name}: no engine; ${needed.install}`;
  if (process.env['CI'] === undefined) {
    process.stderr.write(`SKIPPED: ${message}\n`);
    describe.skip(name, suite);
  } else {
    test(name, () => {
      throw new Error(message);
    });
  }
}

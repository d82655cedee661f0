import { describe, test } from '@jest/globals';

/** What a suite needs that not every machine has. */
export interface Needed {
  /** Where it is; undefined where it is missing. */
  readonly found: string | undefined;
  /** What is missing and how to get it, for people. */
  readonly missing: string;
}

/** A suite over a real program: where that is missing it is skipped loudly, and fails in CI. */
export function describeWith({ found, missing }: Needed, name: string, suite: (found: string) => void): void {
  if (found !== undefined) {
    describe(name, () => suite(found));
    return;
  }
  const message = `${name}: ${missing}`;
  if (process.env['CI'] === undefined) {
    process.stderr.write(`SKIPPED: ${message}\n`);
    describe.skip(name, () => suite(''));
  } else {
    test(name, () => {
      throw new Error(message);
    });
  }
}

/** What waited too long says so by its name: `waitFor` of this package, Playwright, AbortSignal.timeout. */
const LATE: ReadonlySet<string> = new Set(['LateError', 'TimeoutError']);

/** A test as jest-circus has it in its events. */
export interface TriedTest {
  /** Each thrown value, alone or with the place it was thrown at. */
  readonly errors: unknown[];
}

function isLate(thrown: unknown): boolean {
  const error: unknown = Array.isArray(thrown) ? thrown[0] : thrown;
  return typeof error === 'object' && error !== null && 'name' in error && typeof error.name === 'string' && LATE.has(error.name);
}

/**
 * Errors that no second try takes back: all but lateness. Without it, a second try would hide what was seen to be wrong once, in a
 * product where once is too often.
 */
export class LastingErrors {
  readonly #lasting = new WeakMap<TriedTest, readonly unknown[]>();

  /** To be told of every try's end. */
  ended(test: TriedTest): void {
    const lasting = this.#lasting.get(test);
    if (lasting !== undefined && test.errors.length === 0) test.errors.push(...lasting);
    else if (!test.errors.every(isLate)) this.#lasting.set(test, [...test.errors]);
  }
}

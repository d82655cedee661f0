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
 * Errors that no second try takes back: all but lateness. A second try would hide what was seen to be wrong once, in a product where once
 * is too often; so there is none, and what the first try left is not played on.
 */
export class LastingErrors {
  readonly #lasting = new Map<TriedTest, readonly unknown[]>();

  /** To be told of every try's end: a test that shows no errors is not tried again. */
  ended(test: TriedTest): void {
    if (test.errors.every(isLate)) return;
    this.#lasting.set(test, test.errors.splice(0));
  }

  /** To be called once no test is tried any more. */
  giveBack(): void {
    for (const [test, errors] of this.#lasting) test.errors.push(...errors);
    this.#lasting.clear();
  }
}

const POLL_MS = 20;

/** What was waited for did not come in time: nothing else was seen to be wrong. */
export class LateError extends Error {
  override readonly name = 'LateError';
}

/**
 * Polls until the predicate gives something else than false, undefined or null. Only for tests of real processes.
 *
 * @param what names the awaited state in the error.
 * @throws LateError after `timeoutMs`; the predicate's last error is its cause.
 */
export async function waitFor<T>(
  what: string,
  predicate: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<Exclude<T, false | undefined | null>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await predicate();
      if (isThere(value)) return value;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new LateError(`no ${what} within ${timeoutMs} ms`, { cause });
}

function isThere<T>(value: T): value is Exclude<T, false | undefined | null> {
  return value !== false && value !== undefined && value !== null;
}

import { setTimeout as pause } from 'node:timers/promises';
import { LateError } from '@civitas/testkit';
import { POLL_MS, START_MS_MAX } from './limits.ts';

/**
 * Waits for a state that nobody announces.
 *
 * @param look Undefined or a refusal to answer means: not yet.
 * @throws LateError that says what was waited for, and why the last look failed.
 */
export async function until<Result>(
  what: string,
  look: () => Promise<Result | undefined>,
  timeoutMs = START_MS_MAX,
  pollMs = POLL_MS,
): Promise<Result> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end)
      throw new LateError(`${what}: not within ${timeoutMs} ms${last instanceof Error ? `; ${last.message}` : ''}`);
    await pause(pollMs);
  }
}

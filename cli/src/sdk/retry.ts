import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from '../fault.ts';
import { faultOf, findRefusal, isServiceError, isTransient, type RemoteRefusal } from './grpc-error.ts';
import { BACKOFF_FIRST_MS, BACKOFF_MAX_MS, RETRY_TOTAL_MS } from './limits.ts';

/** What a retried call needs of the outside; tests give their own clock. */
export interface RetryPort {
  readonly now: () => number;
  readonly random: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

export const systemRetryPort: RetryPort = { now: Date.now, random: Math.random, pause: async (ms) => sleep(ms) };

export interface RetryOptions {
  /** Named in errors: `health: health.index@v1 registerMany`. */
  readonly request: string;
  readonly signal?: AbortSignal | undefined;
  readonly totalMs?: number;
  readonly port?: RetryPort;
}

/** Pause before the next try: doubled each time, at most 3 s, with up to half of it as jitter; never less than the server asks for. */
export function backoffMs(attempt: number, random: number, atLeastMs = 0): number {
  const full = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.max(atLeastMs, Math.round(full * (0.5 + random / 2)));
}

function pauseWanted(error: unknown): { refused?: RemoteRefusal; retry: boolean } {
  if (!isServiceError(error)) return { retry: false };
  const refused = findRefusal(error);
  if (refused !== undefined) return { refused, retry: refused.refusal.then === 'retry' };
  return { retry: isTransient(error) };
}

/**
 * Calls until it answers, while the failure is transient or the refusal says `retry`, at most a minute.
 *
 * @throws Refused when the answer is a typed refusal. @throws Fault CALL_FAILED when the time is up or the failure is not transient.
 */
export async function withRetry<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  const port = options.port ?? systemRetryPort;
  const endMs = port.now() + (options.totalMs ?? RETRY_TOTAL_MS);
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      const { refused, retry } = pauseWanted(error);
      const pauseMs = backoffMs(attempt, port.random(), refused?.retryAfterMs);
      if (retry && port.now() + pauseMs < endMs) {
        await port.pause(pauseMs);
        continue;
      }
      if (refused !== undefined) throw new Refused(options.request, refused.refusal);
      throw isServiceError(error) ? faultOf(options.request, error) : error;
    }
  }
}

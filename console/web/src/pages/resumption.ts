import type { ApiClient } from '../api/client.ts';
import { ApiProblem, SessionEnded, StepUpNeeded } from '../api/problem.ts';
import { isAnswered } from '../api/wish-keys.ts';
import type { TextStore } from '../auth/deep-link.ts';
import { dropPendingRequest, keepPendingRequest, type PendingRequest, type TakenRequest } from '../auth/pending-request.ts';

/** What became of a request that waited for a second factor. */
export type Resumed =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Never sent: the second factor took too long. */
  | { readonly kind: 'late' }
  /** Sent again by the person, it takes another second factor, and is repeated after that. */
  | { readonly kind: 'stepUp' }
  /** It may be done. Sent again under its key it is done once, as long as the server may be taken to know the key. */
  | { readonly kind: 'unknown'; readonly mayRetry: boolean };

interface ResumeOptions {
  readonly client: Pick<ApiClient, 'send'>;
  readonly store: TextStore;
  readonly nowUnixMs: number;
}

/** What a page that has just started does with a kept request: only one that was never sent is repeated unasked. */
export async function resume({ pending, isLate }: TakenRequest, options: ResumeOptions): Promise<Resumed> {
  if (pending.wasSent !== true) return isLate ? { kind: 'late' } : sendPending(pending, options);
  if (!isLate) keepPendingRequest(options.store, pending);
  return { kind: 'unknown', mayRetry: !isLate };
}

/**
 * Sends a kept request under its own key. It stays kept until somebody has said what became of it, so that neither a lost answer nor a
 * reload in between loses the key.
 */
export async function sendPending(pending: PendingRequest, { client, store, nowUnixMs }: ResumeOptions): Promise<Resumed> {
  const { method, path, idempotencyKey, ifMatch } = pending;
  const body = pending.body === undefined ? undefined : (JSON.parse(pending.body) as object);
  keepPendingRequest(store, { ...pending, wasSent: true, keptAtUnixMs: nowUnixMs });
  try {
    await client.send({ method, path, body, idempotencyKey, ifMatch });
  } catch (error) {
    if (mayBeDone(pending, error)) {
      if (!(error instanceof StepUpNeeded)) return { kind: 'unknown', mayRetry: true };
      keepPendingRequest(store, { ...pending, wasSent: false, keptAtUnixMs: nowUnixMs });
      return { kind: 'stepUp' };
    }
    dropPendingRequest(store, idempotencyKey);
    return isGone(pending, error) ? { kind: 'done' } : { kind: 'failed', error };
  }
  dropPendingRequest(store, idempotencyKey);
  return { kind: 'done' };
}

/** A repetition that is turned away at the door says nothing of the first one. */
function mayBeDone({ wasSent }: PendingRequest, error: unknown): boolean {
  return error instanceof SessionEnded || error instanceof StepUpNeeded ? wasSent === true : !isAnswered(error);
}

/** What was to be removed is not there when it is asked for again: the first one did it. Removals are not kept by key. */
function isGone({ wasSent, method }: PendingRequest, error: unknown): boolean {
  return wasSent === true && method === 'DELETE' && error instanceof ApiProblem && error.status === 404;
}

import type { TextStore } from './deep-link.ts';

/** A request that waits for a second factor; kept while the person signs in anew, then repeated once. */
export interface PendingRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body: string | undefined;
  readonly idempotencyKey: string;
  readonly ifMatch: string | undefined;
  readonly keptAtUnixMs: number;
  /** Whose it is: never repeated for anybody else. */
  readonly subject: string;
  /** Words that tell the person what is done, in the language it was asked in. */
  readonly description: string;
}

const KEY = 'civitas.pending-request';
/** After that long the person asks again: the reason for it may be gone. */
export const PENDING_AGE_MAX_MS = 300_000;

export function keepPendingRequest(store: TextStore, pending: PendingRequest): void {
  store.setItem(KEY, JSON.stringify(pending));
}

/**
 * The kept request, once, if it is this person's, fresh, and one of our API's.
 *
 * @param nowUnixMs Now.
 * @param subject Who is signed in.
 */
export function takePendingRequest(store: TextStore, nowUnixMs: number, subject: string | undefined): PendingRequest | undefined {
  const text = store.getItem(KEY);
  store.removeItem(KEY);
  if (text === null) return undefined;
  const pending = parsePending(text);
  if (pending === undefined || pending.subject !== subject || !pending.path.startsWith('/')) return undefined;
  const ageMs = nowUnixMs - pending.keptAtUnixMs;
  return ageMs >= 0 && ageMs <= PENDING_AGE_MAX_MS ? pending : undefined;
}

function parsePending(text: string): PendingRequest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPending(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isPending(value: unknown): value is PendingRequest {
  if (typeof value !== 'object' || value === null) return false;
  const field = (name: string): unknown => Reflect.get(value, name);
  const texts = ['path', 'idempotencyKey', 'subject', 'description'].every((name) => typeof field(name) === 'string');
  const optional = ['body', 'ifMatch'].every((name) => field(name) === undefined || typeof field(name) === 'string');
  return (
    texts && optional && typeof field('keptAtUnixMs') === 'number' && ['POST', 'PUT', 'PATCH', 'DELETE'].includes(String(field('method')))
  );
}

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
  /** It was repeated, and nobody has said what became of it: from then on only the person sends it again. */
  readonly wasSent?: boolean;
}

/** A kept request of the person's own. */
export interface TakenRequest {
  readonly pending: PendingRequest;
  /** The second factor took too long: it is not repeated. */
  readonly isLate: boolean;
}

const KEY = 'civitas.pending-request';
/** After that long the person asks again: the reason for it may be gone. */
export const PENDING_AGE_MAX_MS = 300_000;

export function keepPendingRequest(store: TextStore, pending: PendingRequest): void {
  store.setItem(KEY, JSON.stringify(pending));
}

/** @param idempotencyKey Of the request whose fate is known; another one that is kept stays. */
export function dropPendingRequest(store: TextStore, idempotencyKey: string): void {
  const text = store.getItem(KEY);
  if (text !== null && parsePending(text)?.idempotencyKey === idempotencyKey) store.removeItem(KEY);
}

/**
 * The kept request, once, if it is this person's and one of our API's.
 *
 * @param nowUnixMs Now.
 * @param subject Who is signed in.
 */
export function takePendingRequest(store: TextStore, nowUnixMs: number, subject: string | undefined): TakenRequest | undefined {
  const text = store.getItem(KEY);
  store.removeItem(KEY);
  if (text === null) return undefined;
  const pending = parsePending(text);
  if (pending === undefined || pending.subject !== subject || !pending.path.startsWith('/')) return undefined;
  const ageMs = nowUnixMs - pending.keptAtUnixMs;
  // A clock that was set back says nothing of how old it is.
  return { pending, isLate: ageMs < 0 || ageMs > PENDING_AGE_MAX_MS };
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
  const flag = field('wasSent') === undefined || typeof field('wasSent') === 'boolean';
  return (
    texts &&
    optional &&
    flag &&
    typeof field('keptAtUnixMs') === 'number' &&
    ['POST', 'PUT', 'PATCH', 'DELETE'].includes(String(field('method')))
  );
}

import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { ENTRIES_OF_PERSON_MAX, INTERACTIONS_MAX } from '../limits.ts';
import type { Journal } from '../store/journal.ts';

export interface ArtifactsOptions {
  readonly journal: Journal;
  /** Unix seconds. */
  readonly nowUnixS: () => number;
  /** Metadata of a service client, read anew for each request. */
  readonly findClient: (clientId: string) => AdapterPayload | undefined;
  /** False for the session of somebody who is gone, locked out, or has a new password since. */
  readonly isSessionLive: (session: AdapterPayload) => boolean;
}

interface Volatile {
  readonly payload: AdapterPayload;
  readonly expiresAtUnixS: number;
}

const DURABLE: ReadonlySet<string> = new Set(['Session', 'Grant', 'RefreshToken']);

/** Keys that one person has to give up for something new: used tokens first, then the oldest. Nobody takes another's room. */
function surplusOf(journal: Journal, accountId: string | undefined): readonly string[] {
  const mine = [...journal.keys()].flatMap((key) => {
    const payload = key.startsWith('Uid:') ? undefined : (journal.get(key) as AdapterPayload | undefined);
    return payload?.accountId === accountId ? [{ key, isUsed: payload?.consumed !== undefined, iat: payload?.iat ?? 0 }] : [];
  });
  if (mine.length < ENTRIES_OF_PERSON_MAX) return [];
  const byWorth = mine.sort((left, right) => Number(right.isUsed) - Number(left.isUsed) || left.iat - right.iat);
  return byWorth.slice(0, mine.length - ENTRIES_OF_PERSON_MAX + 1).map(({ key }) => key);
}

/**
 * What the provider keeps. Sessions of people, grants and refresh tokens are on disk before they are answered; sign-ins under way and
 * codes, which anybody can cause, are in memory, bounded, and lost with the process, so that no code survives its use.
 */
export function createArtifacts(options: ArtifactsOptions): AdapterFactory {
  const { journal, nowUnixS } = options;
  const volatile = new Map<string, Volatile>();
  const isDurable = (model: string, payload: AdapterPayload): boolean =>
    DURABLE.has(model) && (model !== 'Session' || payload.accountId !== undefined);
  const read = (key: string): AdapterPayload | undefined => {
    const entry = volatile.get(key);
    if (entry !== undefined && entry.expiresAtUnixS > nowUnixS()) return entry.payload;
    return journal.get(key) as AdapterPayload | undefined;
  };
  const keep = (key: string, payload: AdapterPayload, expiresAtUnixS: number): void => {
    volatile.delete(key);
    volatile.set(key, { payload, expiresAtUnixS });
    const [oldest] = volatile.keys();
    if (volatile.size > INTERACTIONS_MAX && oldest !== undefined) volatile.delete(oldest);
  };
  const upsert = async (model: string, id: string, payload: AdapterPayload, expiresInS: number): Promise<void> => {
    const key = `${model}:${id}`;
    const expiresAtUnixS = nowUnixS() + expiresInS;
    if (!isDurable(model, payload)) return keep(key, payload, expiresAtUnixS);
    volatile.delete(key);
    const uidEntry = model === 'Session' ? [{ key: `Uid:${payload.uid}`, value: id, expiresAtUnixS }] : [];
    const surplus = journal.get(key) === undefined ? surplusOf(journal, payload.accountId) : [];
    await journal.write([...surplus.map((old) => ({ key: old })), { key, value: payload, expiresAtUnixS }, ...uidEntry]);
  };
  const find = (model: string, id: string): AdapterPayload | undefined => {
    if (model === 'Client') return options.findClient(id);
    const payload = read(`${model}:${id}`);
    if (model === 'Session' && payload?.accountId !== undefined && !options.isSessionLive(payload)) return undefined;
    return payload;
  };
  const destroy = async (key: string): Promise<void> => {
    volatile.delete(key);
    if (journal.get(key) !== undefined) await journal.write([{ key }]);
  };
  const revokeByGrantId = async (model: string, grantId: string): Promise<void> => {
    const isOfGrant = (key: string): boolean => key.startsWith(`${model}:`) && read(key)?.grantId === grantId;
    for (const key of [...volatile.keys()].filter(isOfGrant)) volatile.delete(key);
    const durable = [...journal.keys()].filter(isOfGrant);
    if (durable.length > 0) await journal.write(durable.map((key) => ({ key })));
  };
  const consume = async (key: string): Promise<void> => {
    const payload = read(key);
    if (payload === undefined) return;
    const consumed = { ...payload, consumed: nowUnixS() };
    const expiresAtUnixS = payload.exp ?? nowUnixS();
    if (volatile.has(key)) keep(key, consumed, expiresAtUnixS);
    else await journal.write([{ key, value: consumed, expiresAtUnixS }]);
  };
  return (model): Adapter => ({
    upsert: (id, payload, expiresInS = 0) => upsert(model, id, payload, expiresInS),
    find: async (id) => find(model, id),
    findByUid: async (uid) => {
      const id = journal.get(`Uid:${uid}`);
      return typeof id === 'string' ? find(model, id) : undefined;
    },
    findByUserCode: async () => undefined,
    consume: (id) => consume(`${model}:${id}`),
    destroy: (id) => destroy(`${model}:${id}`),
    revokeByGrantId: (grantId) => revokeByGrantId(model, grantId),
  });
}

import type { JsonObject } from '@civitas/canon';
import type { Domain } from '../desired/domain-contracts.ts';
import { type Entry, portsLetIn } from './link-grants.ts';

/** One end of a link and what its ledger holds about the other end. */
export interface LinkEnd {
  readonly name: string;
  readonly chainId: string;
  readonly domain: Domain;
  /** Contracts that its ledger runs, by name: those it was born with and those it took up since. */
  readonly contracts: readonly string[];
  readonly client: { readonly status: string; readonly latestHeight: number; readonly latestTimeUnixMs: number } | undefined;
  readonly terms: LinkTerms | undefined;
  readonly lastSequence: number;
  readonly inFlight: number;
  readonly oldestSentAtUnixMs: number;
}

export interface LinkTerms {
  readonly portsIn: readonly string[];
  readonly portsOut: readonly string[];
  readonly packetsPerMinute: number;
  readonly bytesPerMinute: number;
}

/** 64 MiB: the ledger’s own default. */
const BYTES_PER_MINUTE = 64 * 1024 * 1024;

/** A header that governors named. */
export interface TrustedHeader {
  readonly height: number;
  /** Base64url. */
  readonly blockHash: string;
}

/** What is asked of a link besides its ends. */
export interface LinkWish {
  readonly packetsPerMinute: number;
  /** Nothing new may be sent. */
  readonly draining: boolean;
  /** The clients are to be ended for good once nothing is in flight. */
  readonly tombstone?: boolean;
  /** Header of the peer that a client which misbehaviour froze is to go on from. */
  readonly thaw?: TrustedHeader;
  /** Who is let in where, in both directions; default everybody. */
  readonly entries?: { readonly intoOwn: Entry; readonly intoPeer: Entry };
}

const OPEN: Entry = { isLetIn: true, ports: undefined };

/** Terms an end is to hold towards its peer: each side’s contracts as far as they are granted, and while draining nothing new may be sent. */
export function wantedTerms(
  { contracts: own }: Pick<LinkEnd, 'contracts'>,
  { contracts: peer }: Pick<LinkEnd, 'contracts'>,
  wish: LinkWish,
): LinkTerms {
  const { packetsPerMinute, draining, entries = { intoOwn: OPEN, intoPeer: OPEN } } = wish;
  return {
    portsIn: portsLetIn(own, entries.intoOwn),
    portsOut: draining ? [] : portsLetIn(peer, entries.intoPeer),
    packetsPerMinute,
    bytesPerMinute: BYTES_PER_MINUTE,
  };
}

export function termsEqual(left: LinkTerms, right: LinkTerms): boolean {
  const same = (one: readonly string[], other: readonly string[]): boolean =>
    one.length === other.length && one.every((port) => other.includes(port));
  return (
    same(left.portsIn, right.portsIn) &&
    same(left.portsOut, right.portsOut) &&
    left.packetsPerMinute === right.packetsPerMinute &&
    left.bytesPerMinute === right.bytesPerMinute
  );
}

/** What an end still needs: its client first, then its terms, and at its end none of them. */
export type EndStep =
  | { readonly type: 'createClient'; readonly terms: LinkTerms }
  | { readonly type: 'setTerms'; readonly terms: LinkTerms }
  | ({ readonly type: 'thawClient' } & TrustedHeader)
  | { readonly type: 'tombstoneClient' };

/** Statuses of a client that nothing follows. */
export const ENDED_CLIENTS: readonly string[] = ['Tombstoned', 'Superseded'];

/** @param peer the other end; of what it holds only what is in flight counts. */
export function planEnd(own: LinkEnd, peer: Pick<LinkEnd, 'contracts' | 'inFlight'>, wish: LinkWish): EndStep | undefined {
  const terms = wantedTerms(own, peer, wish);
  const isUseless = terms.portsIn.length === 0 && terms.portsOut.length === 0;
  if (own.client === undefined) return wish.draining || isUseless ? undefined : { type: 'createClient', terms };
  if (ENDED_CLIENTS.includes(own.client.status)) return undefined;
  if (own.client.status === 'Frozen' && wish.thaw !== undefined) return { type: 'thawClient', ...wish.thaw };
  if (own.terms === undefined || !termsEqual(own.terms, terms)) return { type: 'setTerms', terms };
  const isDone = wish.draining && own.inFlight === 0 && peer.inFlight === 0;
  return wish.tombstone === true && isDone ? { type: 'tombstoneClient' } : undefined;
}

export function termsJson(terms: LinkTerms): JsonObject {
  return {
    portsIn: [...terms.portsIn],
    portsOut: [...terms.portsOut],
    packetsPerMinute: terms.packetsPerMinute,
    bytesPerMinute: terms.bytesPerMinute,
  };
}

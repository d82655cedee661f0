import type { JsonObject } from '@civitas/canon';
import { CONTRACTS, type Domain } from '../desired/domain-contracts.ts';

/** One end of a link and what its ledger holds about the other end. */
export interface LinkEnd {
  readonly name: string;
  readonly chainId: string;
  readonly domain: Domain;
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

function portsOf(domain: Domain): readonly string[] {
  return CONTRACTS[domain].map((contract) => contract.slice(0, contract.indexOf('@')));
}

/** Terms an end is to hold towards its peer: each side’s contracts, and while draining nothing new may be sent. */
export function wantedTerms(own: Domain, peer: Domain, packetsPerMinute: number, draining: boolean): LinkTerms {
  return { portsIn: portsOf(own), portsOut: draining ? [] : portsOf(peer), packetsPerMinute, bytesPerMinute: BYTES_PER_MINUTE };
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

/** What an end still needs: its client first, then its terms. */
export type EndStep =
  | { readonly type: 'createClient'; readonly terms: LinkTerms }
  | { readonly type: 'setTerms'; readonly terms: LinkTerms };

/** @param peer the other end; only its domain counts. */
export function planEnd(
  own: LinkEnd,
  peer: Pick<LinkEnd, 'domain'>,
  wish: { readonly packetsPerMinute: number; readonly draining: boolean },
): EndStep | undefined {
  const terms = wantedTerms(own.domain, peer.domain, wish.packetsPerMinute, wish.draining);
  if (own.client === undefined) return wish.draining ? undefined : { type: 'createClient', terms };
  if (own.terms === undefined || !termsEqual(own.terms, terms)) return { type: 'setTerms', terms };
  return undefined;
}

export function termsJson(terms: LinkTerms): JsonObject {
  return {
    portsIn: [...terms.portsIn],
    portsOut: [...terms.portsOut],
    packetsPerMinute: terms.packetsPerMinute,
    bytesPerMinute: terms.bytesPerMinute,
  };
}

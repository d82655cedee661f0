import { accept, equalBytes, type Result, refuse, type Sha256 } from '@civitas/canon';
import { type Header, headerHash } from '../codec/header.ts';
import { compareTimestamps } from '../codec/timestamp.ts';

export type Misbehaviour = 'TWO_HEADERS' | 'TIME_BACKWARDS';

/**
 * Says whether two certified headers of one chain cannot both come from an honest quorum.
 *
 * Precondition: both were certified by sets the client trusts (verifyAdjacent or verifySkipping); this looks at the headers alone.
 * @returns NOT_MISBEHAVIOUR for the same header twice, other chains, or heights and times in one order.
 */
export function checkMisbehaviour(sha256: Sha256, pair: { readonly first: Header; readonly second: Header }): Result<Misbehaviour> {
  const { first, second } = pair;
  if (first.chainId !== second.chainId) return refuse('NOT_MISBEHAVIOUR', { reason: 'two chains' });
  if (first.height === second.height) {
    if (equalBytes(headerHash(sha256, first), headerHash(sha256, second))) return refuse('NOT_MISBEHAVIOUR', { reason: 'one header' });
    return accept('TWO_HEADERS');
  }
  const [lower, higher] = first.height < second.height ? [first, second] : [second, first];
  if (compareTimestamps(higher.time, lower.time) <= 0) return accept('TIME_BACKWARDS');
  return refuse('NOT_MISBEHAVIOUR', { reason: 'times increase' });
}

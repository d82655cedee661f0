import { accept, type Result, refuse } from '@civitas/canon';
import type { RequestHeaderRequest, RequestHeaderResponse } from '@civitas/proto/civitas/node/v1/ledger';
import type { TokenBuckets } from '../admission/token-bucket.ts';
import type { LedgerDoor } from './ledger-door.ts';

/**
 * Notes that an organisation waits for a header of a peer and wakes the relay; asks nothing of it when the client is that far already.
 *
 * @returns the client's height; MALFORMED, NOT_FOUND for a peer without a light client here, or RATE_LIMITED.
 */
export function requestHeader(
  { ledger, wanted, activity }: LedgerDoor,
  request: RequestHeaderRequest,
  caller: { readonly organisation: string; readonly requests: TokenBuckets },
): Result<RequestHeaderResponse> {
  const height = Number(request.height);
  if (!Number.isSafeInteger(height) || height < 1) return refuse('MALFORMED', { field: 'height', expected: '1 … 2^53 - 1' });
  const client = ledger.links.peers().find(({ chainId }) => chainId === request.peer);
  if (client === undefined) return refuse('NOT_FOUND', { what: 'light client', peer: request.peer });
  const answer = accept({ clientHeight: BigInt(client.clientHeight) });
  if (client.clientHeight >= height) return answer;
  const retryAfterMs = caller.requests.take(caller.organisation);
  if (retryAfterMs > 0) return refuse('RATE_LIMITED', { retryAfterMs }, 'retry');
  wanted.want(request.peer, height, caller.organisation);
  activity.want(request.peer);
  return answer;
}

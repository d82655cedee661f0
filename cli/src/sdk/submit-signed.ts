import { base64urlEncode } from '@civitas/canon';
import type { LedgerServiceClient, SubmitResponse } from '@civitas/proto/civitas/node/v1/ledger.ts';
import { Refused } from '../fault.ts';
import { fateUnknown, isServiceError, leavesFateUnknown } from './grpc-error.ts';
import { type Submitted, submittedOf } from './receipt.ts';
import { type RetryOptions, withRetry } from './retry.ts';
import type { signCall } from './sign-operation.ts';
import { unary } from './unary.ts';

/**
 * Submits until an answer comes, as withRetry does: the same bytes each time, so that they take effect once.
 *
 * @throws Fault FATE_UNKNOWN when a try left and was not answered, and no later one brought the receipt; CALL_FAILED when none left.
 */
export async function submitSigned(
  client: LedgerServiceClient,
  { operation, hash, body }: ReturnType<typeof signCall>,
  options: RetryOptions,
): Promise<Submitted> {
  const { request, signal } = options;
  let isFateUnknown = false;
  const attempt = (): Promise<SubmitResponse> =>
    unary(client.submit.bind(client), { operation }, signal).catch((error: unknown) => {
      isFateUnknown ||= isServiceError(error) && leavesFateUnknown(error);
      throw error;
    });
  try {
    return submittedOf({ hash, body }, (await withRetry(attempt, options)).receipt);
  } catch (error) {
    if (isFateUnknown && signal?.aborted !== true) throw fateUnknown(request, hash, error);
    if (error instanceof Refused) return { ok: false, hash: base64urlEncode(hash), body, height: 0, refusal: error.refusal };
    throw error;
  }
}

import { accept, type Result, refuse } from '@civitas/canon';
import type { SubmitStreamRequest, SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { LedgerDoor } from './ledger-door.ts';
import { SUBMIT_CREDITS } from './limits.ts';
import { errorInfoOf } from './rpc-error.ts';

const NOTHING = new Uint8Array(0);

async function answerOf(door: LedgerDoor, request: SubmitStreamRequest, organisation: string): Promise<SubmitStreamResponse> {
  const { tag, operation } = request;
  const submitted: Awaited<ReturnType<LedgerDoor['admission']['submit']>> =
    operation === undefined
      ? refuse('MALFORMED', { field: 'operation', expected: 'a signed operation' })
      : await door.admission.submit(operation, organisation);
  if (submitted.ok) {
    const { operationHash, bytes } = submitted.value;
    return { tag, operationHash, answer: { $case: 'receipt', value: bytes }, credits: 1 };
  }
  return { tag, operationHash: NOTHING, answer: { $case: 'refused', value: errorInfoOf(submitted.refusal) }, credits: 1 };
}

/**
 * Many operations over one stream. The first message grants the credits; each answer gives one back. A caller that sends without
 * credit is cut off with CREDITS_EXCEEDED: it would make the server hold what it cannot yet order.
 */
export function serveSubmitStream(
  door: LedgerDoor,
  call: ServerDuplexStream<SubmitStreamRequest, SubmitStreamResponse>,
  organisation: string,
): Promise<Result<true>> {
  return new Promise((resolve, reject) => {
    let inFlight = 0;
    let hasEnded = false;
    const settle = (): void => {
      if (hasEnded && inFlight === 0) resolve(accept(true));
    };
    call.write({ tag: 0n, operationHash: NOTHING, answer: undefined, credits: SUBMIT_CREDITS });
    call.on('data', (request: SubmitStreamRequest) => {
      if (inFlight >= SUBMIT_CREDITS) {
        call.removeAllListeners('data');
        return resolve(refuse('CREDITS_EXCEEDED', { credits: SUBMIT_CREDITS, retryAfterMs: 100 }, 'retry'));
      }
      inFlight += 1;
      answerOf(door, request, organisation)
        .then((answer) => {
          if (!call.cancelled) call.write(answer);
        }, reject)
        .finally(() => {
          inFlight -= 1;
          settle();
        });
    });
    call.on('end', () => {
      hasEnded = true;
      settle();
    });
    call.on('cancelled', () => resolve(accept(true)));
    call.on('error', () => resolve(accept(true)));
  });
}

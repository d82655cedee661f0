import { accept, type Result, refuse } from '@civitas/canon';
import type { SubmitStreamRequest, SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { StoredReceipt } from '../ledger/ledger-host.ts';
import type { LedgerDoor } from './ledger-door.ts';
import { SUBMIT_CREDITS } from './limits.ts';
import { errorInfoOf } from './rpc-error.ts';

const NOTHING = new Uint8Array(0);

/** The operations of one message, a tag each, and how they are submitted. */
interface Submission {
  readonly count: number;
  readonly submit: () => readonly Promise<Result<StoredReceipt>>[];
}

function submissionOf(door: LedgerDoor, { operation, batch }: SubmitStreamRequest, organisation: string): Submission {
  if (operation !== undefined && batch === undefined) {
    return { count: 1, submit: () => [door.admission.submit(operation, organisation)] };
  }
  if (operation === undefined && batch !== undefined && batch.operations.length > 0) {
    return { count: batch.operations.length, submit: () => door.admission.submitBatch(batch, organisation) };
  }
  const refused = refuse('MALFORMED', { field: 'operation', expected: 'a signed operation, or a batch of them' });
  return { count: 1, submit: () => [Promise.resolve(refused)] };
}

async function answerOf(tag: bigint, submitting: Promise<Result<StoredReceipt>>): Promise<SubmitStreamResponse> {
  const submitted = await submitting;
  if (submitted.ok) {
    const { operationHash, bytes } = submitted.value;
    return { tag, operationHash, answer: { $case: 'receipt', value: bytes }, credits: 1 };
  }
  return { tag, operationHash: NOTHING, answer: { $case: 'refused', value: errorInfoOf(submitted.refusal) }, credits: 1 };
}

/**
 * Many operations over one stream. The first message grants the credits; each answer gives one back. A caller that sends without
 * credit, or a batch larger than its credits, is cut off with CREDITS_EXCEEDED: it would make the server hold what it cannot yet order.
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
    const answer = (tag: bigint, submitting: Promise<Result<StoredReceipt>>): void => {
      answerOf(tag, submitting)
        .then((answered) => {
          if (!call.cancelled) call.write(answered);
        }, reject)
        .finally(() => {
          inFlight -= 1;
          settle();
        });
    };
    call.write({ tag: 0n, operationHash: NOTHING, answer: undefined, credits: SUBMIT_CREDITS });
    call.on('data', (request: SubmitStreamRequest) => {
      const { count, submit } = submissionOf(door, request, organisation);
      if (inFlight + count > SUBMIT_CREDITS) {
        call.removeAllListeners('data');
        return resolve(refuse('CREDITS_EXCEEDED', { credits: SUBMIT_CREDITS, retryAfterMs: 100 }, 'retry'));
      }
      inFlight += count;
      for (const [at, submitting] of submit().entries()) answer(BigInt.asUintN(64, request.tag + BigInt(at)), submitting);
    });
    call.on('end', () => {
      hasEnded = true;
      settle();
    });
    call.on('cancelled', () => resolve(accept(true)));
    call.on('error', () => resolve(accept(true)));
  });
}

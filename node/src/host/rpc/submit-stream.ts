import { accept, type Result, refuse } from '@civitas/canon';
import type { SubmitStreamRequest, SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { turnBudget } from '../event-loop/turn-budget.ts';
import type { StoredReceipt } from '../ledger/ledger-host.ts';
import type { LedgerDoor } from './ledger-door.ts';
import { ANSWERS_TOGETHER_BYTES_MAX, ANSWERS_TOGETHER_MAX, SUBMIT_CREDITS } from './limits.ts';
import { errorInfoOf } from './rpc-error.ts';

const NOTHING = new Uint8Array(0);
/** Metadata of a caller that takes several answers in one message. */
const ANSWERS_KEY = 'civitas-answers';
const ANSWERS_TOGETHER = 'together';

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
    return { tag, operationHash, answer: { $case: 'receipt', value: bytes }, credits: 1, more: [] };
  }
  return { tag, operationHash: NOTHING, answer: { $case: 'refused', value: errorInfoOf(submitted.refusal) }, credits: 1, more: [] };
}

function receiptBytesOf({ answer }: SubmitStreamResponse): number {
  return answer?.$case === 'receipt' ? answer.value.length : 0;
}

/** Answers that belong in one message: the first, and those after it within the bounds. */
function takeTogether(ready: SubmitStreamResponse[]): SubmitStreamResponse | undefined {
  let [count, bytes] = [0, 0];
  for (const answer of ready) {
    bytes += receiptBytesOf(answer);
    if (count === ANSWERS_TOGETHER_MAX || (count > 0 && bytes > ANSWERS_TOGETHER_BYTES_MAX)) break;
    count += 1;
  }
  const [first, ...more] = ready.splice(0, count);
  return first === undefined ? undefined : { ...first, more };
}

type SubmitCall = ServerDuplexStream<SubmitStreamRequest, SubmitStreamResponse>;

/** Writes, and takes nothing more from a caller that does not read its answers until it does: they would pile up here. */
function write(call: SubmitCall, message: SubmitStreamResponse): void {
  if (call.cancelled || call.write(message) || call.isPaused()) return;
  call.pause();
  call.once('drain', () => call.resume());
}

/** How answers leave: each as it comes, or those of one turn of the event loop together, which is most of a block. */
function answerWriter(call: SubmitCall): (answer: SubmitStreamResponse) => void {
  if (call.metadata.get(ANSWERS_KEY)[0] !== ANSWERS_TOGETHER) return (answer) => write(call, answer);
  const ready: SubmitStreamResponse[] = [];
  return (answer) => {
    ready.push(answer);
    if (ready.length > 1) return;
    setImmediate(() => {
      for (let message = takeTogether(ready); message !== undefined; message = takeTogether(ready)) {
        write(call, message);
      }
    });
  };
}

/**
 * Many operations over one stream. The first message grants the credits; each answer gives one back. A caller that sends without
 * credit, or a batch larger than its credits, is cut off with CREDITS_EXCEEDED: it would make the server hold what it cannot yet order.
 */
export function serveSubmitStream(door: LedgerDoor, call: SubmitCall, organisation: string): Promise<Result<true>> {
  return new Promise((resolve, reject) => {
    let inFlight = 0;
    let hasEnded = false;
    const settle = (): void => {
      // After what waits to be written together.
      if (hasEnded && inFlight === 0) setImmediate(() => resolve(accept(true)));
    };
    const answer = (tag: bigint, submitting: Promise<Result<StoredReceipt>>): void => {
      answerOf(tag, submitting)
        .then(writeAnswer, reject)
        .finally(() => {
          inFlight -= 1;
          settle();
        });
    };
    const writeAnswer = answerWriter(call);
    call.write({ tag: 0n, operationHash: NOTHING, answer: undefined, credits: SUBMIT_CREDITS, more: [] });
    call.on('data', (request: SubmitStreamRequest) => {
      const { count, submit } = submissionOf(door, request, organisation);
      if (inFlight + count > SUBMIT_CREDITS) {
        call.removeAllListeners('data');
        return resolve(refuse('CREDITS_EXCEEDED', { credits: SUBMIT_CREDITS, retryAfterMs: 100 }, 'retry'));
      }
      inFlight += count;
      turnBudget.run(() => {
        for (const [at, submitting] of submit().entries()) answer(BigInt.asUintN(64, request.tag + BigInt(at)), submitting);
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

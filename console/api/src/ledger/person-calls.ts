import { type Operation, parseOperation } from '@civitas/canon';
import type { Receipt } from '@civitas/proofs';
import type { PersonCall } from '@civitas/proto/civitas/node/v1/person';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '../http/problem-error.ts';
import { callLedger } from './call-ledger.ts';
import { assertSameWish, REPLAYED, readFirstTry } from './first-try.ts';
import type { Ledger } from './ledgers.ts';
import { SIGN_MS } from './limits.ts';
import { receiptOf } from './receipt-of.ts';

/** The access token that came with a request. */
export function tokenOf({ headers }: FastifyRequest): string {
  return (headers.authorization ?? '').replace(/^Bearer +/i, '');
}

/** The person's own token goes with the call: the gateway verifies it itself and gives the console no right of its own. */
export function personCall(request: FastifyRequest, organisation: string): PersonCall {
  return { token: tokenOf(request), organisation };
}

export interface Prepared {
  readonly body: Uint8Array;
  readonly coSignatures: readonly { readonly keyId: string; readonly signature: Uint8Array }[];
}

/** An operation in its block. */
export interface Submitted {
  readonly receipt: Receipt;
  /** Hex. */
  readonly operationHash: string;
}

/** @throws ProblemError LEDGER_REFUSED with the ledger's code when the block that holds it says no. */
export function assertApplied({ outcome }: Receipt): void {
  if (outcome.ok) return;
  const { code, facts } = outcome.refusal;
  throw new ProblemError('LEDGER_REFUSED', `the ledger: ${code} ${JSON.stringify(facts)}`, { reason: code });
}

async function send({ person }: Ledger, call: PersonCall, { body, coSignatures }: Prepared): Promise<Submitted> {
  const request = { call, body, coSignatures: coSignatures.map(({ keyId, signature }) => ({ keyId, signature })) };
  const answer = await callLedger(person.submitPrepared.bind(person), request, SIGN_MS);
  return { receipt: receiptOf(answer.receipt), operationHash: Buffer.from(answer.operationHash).toString('hex') };
}

/** What a wish makes, with what tells an earlier try of it. */
interface PreparedWish {
  readonly body: Uint8Array;
  readonly coSignatures?: Prepared['coSignatures'];
  /** Whether the earlier operation is what is wanted now. */
  readonly isSame: (first: Operation, now: Operation) => boolean;
}

/**
 * Submits what a wish makes each time anew under the same idempotency key. Where an earlier try was executed, what came of that one is the
 * answer: its own answer may have been lost.
 *
 * @throws ProblemError as assertApplied, readFirstTry and assertSameWish.
 */
export async function submitWish(ledger: Ledger, call: PersonCall, { body, coSignatures = [], isSame }: PreparedWish): Promise<Submitted> {
  const sent = await send(ledger, call, { body, coSignatures });
  const { outcome, height } = sent.receipt;
  const now = parseOperation(body);
  if (outcome.ok || outcome.refusal.code !== REPLAYED || !now.ok) {
    assertApplied(sent.receipt);
    return sent;
  }
  // Height 0 is the block of the repetition itself.
  const first = await readFirstTry(ledger, { ...now.value, height: Number(outcome.refusal.facts['height']) || height });
  assertSameWish(isSame(first.operation, now.value));
  assertApplied(first.receipt);
  return first;
}

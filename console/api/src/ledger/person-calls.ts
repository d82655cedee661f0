import type { Receipt } from '@civitas/proofs';
import type { PersonCall } from '@civitas/proto/civitas/node/v1/person';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '../http/problem-error.ts';
import { callLedger } from './call-ledger.ts';
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

/** @throws ProblemError LEDGER_REFUSED with the ledger's code when the block that holds it says no. */
export async function submitPrepared(
  { person }: Ledger,
  call: PersonCall,
  { body, coSignatures }: Prepared,
): Promise<{ receipt: Receipt; operationHash: string }> {
  const request = { call, body, coSignatures: coSignatures.map(({ keyId, signature }) => ({ keyId, signature })) };
  const answer = await callLedger(person.submitPrepared.bind(person), request, SIGN_MS);
  const receipt = receiptOf(answer.receipt);
  const { outcome } = receipt;
  if (!outcome.ok) {
    const { code, facts } = outcome.refusal;
    throw new ProblemError('LEDGER_REFUSED', `the ledger: ${code} ${JSON.stringify(facts)}`, { reason: code });
  }
  return { receipt, operationHash: Buffer.from(answer.operationHash).toString('hex') };
}

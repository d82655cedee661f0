import { parseReceipt, type Receipt } from '@civitas/proofs';
import { ProblemError } from '../http/problem-error.ts';

/** The receipt that a gateway answered with. @throws ProblemError LEDGER_UNREACHABLE for bytes that are none. */
export function receiptOf(bytes: Uint8Array): Receipt {
  const receipt = parseReceipt(bytes);
  if (receipt.ok) return receipt.value;
  throw new ProblemError('LEDGER_UNREACHABLE', `the gateway answered with a receipt that is none: ${receipt.refusal.code}`, {
    reason: 'ANSWER_MALFORMED',
  });
}

import { encodeOperation, equalBytes, operationHash } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { PersonCall } from '@civitas/proto/civitas/node/v1/person';
import { ProblemError } from '../http/problem-error.ts';
import { callLedger } from './call-ledger.ts';
import { unreadTry } from './first-try.ts';
import type { Ledger } from './ledgers.ts';
import { assertApplied, type Prepared, type Submitted, submitWish } from './person-calls.ts';
import { receiptOf } from './receipt-of.ts';

/** The refusal of an operation past its time, which a gateway looks at before it looks whether it was executed. */
const EXPIRED = 'EXPIRED';

/** What a signed operation came to when it was handed in before with these signatures; undefined when it was not. */
async function findEarlier({ ledger }: Ledger, { body, coSignatures }: Prepared): Promise<Submitted | undefined> {
  const hash = operationHash(nodeCrypto.sha256, body);
  try {
    const asked = { operationHash: hash, withProof: false, withOperation: true };
    const { receipt, operation } = await callLedger(ledger.getReceipt.bind(ledger), asked);
    if (operation === undefined) throw new ProblemError('NOT_FOUND', 'the gateway keeps the receipt and not the block');
    const isSigned = coSignatures.every(({ keyId, signature }) =>
      operation.coSignatures.some((one) => one.keyId === keyId && equalBytes(one.signature, signature)),
    );
    return isSigned ? { receipt: receiptOf(receipt), operationHash: Buffer.from(hash).toString('hex') } : undefined;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (error.reason === 'NOT_FOUND') return undefined;
    throw unreadTry('before it expired', EXPIRED, error);
  }
}

/**
 * Submits what a person has signed. A repetition is the very same operation, which is executed once: what it came to then is the answer, also
 * when its time is over by now.
 *
 * @throws ProblemError as submitWish.
 */
export async function submitSigned(ledger: Ledger, call: PersonCall, prepared: Prepared): Promise<Submitted> {
  try {
    return await submitWish(ledger, call, {
      ...prepared,
      isSame: (first, now) => equalBytes(encodeOperation(first), encodeOperation(now)),
    });
  } catch (error) {
    const earlier = error instanceof ProblemError && error.reason === EXPIRED ? await findEarlier(ledger, prepared) : undefined;
    if (earlier === undefined) throw error;
    assertApplied(earlier.receipt);
    return earlier;
  }
}

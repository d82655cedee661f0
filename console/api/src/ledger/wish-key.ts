import { createHash } from 'node:crypto';

const WISH_BYTES = 16;

/**
 * Idempotency key that a ledger executes once: 16 bytes that one wish of one person makes again, also after the console was started anew.
 *
 * @param of kind of the wish: the same `Idempotency-Key` may come with another kind.
 */
export function wishKey(of: 'case' | 'citizen' | 'approver-key', parts: readonly string[]): Buffer {
  return createHash('sha256')
    .update([`civitas/${of}-wish/v1`, ...parts].join('\n'))
    .digest()
    .subarray(0, WISH_BYTES);
}

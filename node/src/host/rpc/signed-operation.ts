import { type Bytes, base64urlDecode, equalBytes, operationHash, parseOperation, verifyOperationSignature } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { Bundle, type SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { standaloneOperation } from '../ledger/bundle-codec.ts';
import type { LedgerHost, StoredReceipt } from '../ledger/ledger-host.ts';

/** An operation as its organisation signed it, in the form in which it stands alone, with the key that shows it. */
export interface SignedUnderKey {
  readonly operation: SignedOperation;
  readonly publicKey: Bytes;
}

function underKey(ledger: LedgerHost, operation: SignedOperation | undefined): SignedUnderKey | undefined {
  const parsed = operation === undefined ? undefined : parseOperation(operation.body);
  const known = parsed?.ok ? ledger.members.findKey(parsed.value.keyId) : undefined;
  const publicKey = known && base64urlDecode(known.key.publicKey);
  if (operation === undefined || publicKey === undefined) return undefined;
  const { body, shared } = operation;
  const own = {
    signature: shared?.signature ?? operation.signature,
    publicKey,
    shared: shared && { index: shared.index, total: shared.total, siblings: shared.path },
  };
  return verifyOperationSignature(nodeCrypto, { chainId: ledger.genesis.chainId, body }, own).ok ? { operation, publicKey } : undefined;
}

/**
 * The signed operation of a receipt, read back from its block. A block may hold a copy that nobody signed before the true one, so the
 * signature decides.
 *
 * @returns undefined where the block is not kept.
 */
export async function findSignedOperation(ledger: LedgerHost, receipt: StoredReceipt): Promise<SignedUnderKey | undefined> {
  for (const bytes of (await ledger.blockBundles(receipt.height)) ?? []) {
    for (const [at, { body }] of Bundle.decode(bytes).operations.entries()) {
      if (!equalBytes(operationHash(nodeCrypto.sha256, body), receipt.operationHash)) continue;
      const found = underKey(ledger, standaloneOperation(nodeCrypto.sha256, bytes, at));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

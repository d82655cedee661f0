import { operationHash, parseOperation } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Block, Operation } from '@civitas/console-contract';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import type { BlockSummary } from '@civitas/proto/civitas/node/v1/ledger';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export function blockOf({ height, timeUnixMs, hash, appHash, operationCount, blockBytes }: BlockSummary): Block {
  return { height: Number(height), timeUnixMs: Number(timeUnixMs), hash: hexOf(hash), appHash: hexOf(appHash), operationCount, blockBytes };
}

/** An operation as its organisation signed it; undefined for bytes that are none, which no block of ours holds. */
export function operationOf({ body }: SignedOperation, of: { network: string; height: number }): Operation | undefined {
  const parsed = parseOperation(body);
  if (!parsed.ok) return undefined;
  const { organisation, role, actor, contract, method, args } = parsed.value;
  return { hash: hexOf(operationHash(nodeCrypto.sha256, body)), ...of, organisation, role, actor, contract, method, args };
}

import { type Bytes, concatBytes, type MerklePath, merklePath, merkleRoot, type Sha256 } from '@civitas/canon';
import { bytesField, varintField } from './wire.ts';

/** The part of an ExecTxResult that CometBFT hashes: no log, no events. */
export interface TransactionResult {
  readonly code: number;
  /** Merkle root over the bundle's receipts. */
  readonly data: Bytes;
  readonly gasWanted: bigint;
  readonly gasUsed: bigint;
}

/** Deterministic ExecTxResult: code 1, data 2, gas_wanted 5, gas_used 6. */
export function encodeResult(result: TransactionResult): Bytes {
  return concatBytes(
    varintField(1, result.code),
    bytesField(2, result.data),
    varintField(5, result.gasWanted),
    varintField(6, result.gasUsed),
  );
}

/** The next header's lastResultsHash. */
export function resultsHash(sha256: Sha256, results: readonly TransactionResult[]): Bytes {
  return merkleRoot(sha256, results.map(encodeResult));
}

/** Path of one result under resultsHash. */
export function resultsProof(sha256: Sha256, results: readonly TransactionResult[], index: number): MerklePath {
  return merklePath(sha256, results.map(encodeResult), index);
}

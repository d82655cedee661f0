import {
  accept,
  type Bytes,
  base64urlEncode,
  type Json,
  type JsonObject,
  MERKLE_LEAVES_MAX,
  type MerklePath,
  merklePath,
  type Result,
  refuse,
  rootOfMerklePath,
  type Sha256,
  verifyMerklePath,
} from '@civitas/canon';
import type { Header } from './codec/header.ts';
import { encodeResult, resultsProof, type TransactionResult } from './codec/results.ts';
import { arrayField, bytesOfText, FieldError, hashOfText, integerField, objectWith } from './json-fields.ts';
import { parseReceipt, type Receipt } from './receipt.ts';

/** One receipt up to the next header's lastResultsHash. */
export interface ReceiptProof {
  /** Canonical JSON of the receipt. */
  readonly receipt: Bytes;
  /** Receipt → its bundle's receipts root. */
  readonly bundlePath: MerklePath;
  /** The bundle's result but for its data, which is that root. */
  readonly result: Omit<TransactionResult, 'data'>;
  /** The bundle's result → lastResultsHash of the header at receipt.height + 1. */
  readonly resultsPath: MerklePath;
}

/** @param block results of one block, one a bundle, and the receipts of bundle `bundleIndex`. @param receiptIndex position inside that bundle. */
export function proveReceipt(
  sha256: Sha256,
  block: { readonly results: readonly TransactionResult[]; readonly bundleIndex: number; readonly receipts: readonly Bytes[] },
  receiptIndex: number,
): ReceiptProof {
  const receipt = block.receipts[receiptIndex];
  const result = block.results[block.bundleIndex];
  if (receipt === undefined || result === undefined) throw new RangeError('no such receipt in the block');
  const { code, gasWanted, gasUsed } = result;
  return {
    receipt,
    bundlePath: merklePath(sha256, block.receipts, receiptIndex),
    result: { code, gasWanted, gasUsed },
    resultsPath: resultsProof(sha256, block.results, block.bundleIndex),
  };
}

/**
 * Checks a receipt against a certified header, the one after the receipt's block.
 *
 * @returns RECEIPT_HEIGHT, RECEIPT_PATH, or the codes of parseReceipt.
 */
export function verifyReceipt(
  sha256: Sha256,
  claim: { readonly proof: ReceiptProof; readonly header: Pick<Header, 'height' | 'lastResultsHash'> },
): Result<Receipt> {
  const { proof, header } = claim;
  const receipt = parseReceipt(proof.receipt);
  if (!receipt.ok) return receipt;
  if (BigInt(receipt.value.height) + 1n !== header.height) {
    return refuse('RECEIPT_HEIGHT', { receiptHeight: receipt.value.height, headerHeight: Number(header.height) });
  }
  const data = rootOfMerklePath(sha256, proof.receipt, proof.bundlePath);
  const result = encodeResult({ ...proof.result, data: data ?? new Uint8Array(0) });
  const isProven = data !== undefined && verifyMerklePath(sha256, header.lastResultsHash, result, proof.resultsPath);
  return isProven ? receipt : refuse('RECEIPT_PATH', { height: receipt.value.height, index: receipt.value.index });
}

/** JSON form `{index, siblings, total}`. */
export function pathToJson(path: MerklePath): JsonObject {
  return { index: path.index, siblings: path.siblings.map(base64urlEncode), total: path.total };
}

/** Reads the JSON form. @throws FieldError. */
export function pathFromJson(value: Json | undefined): MerklePath {
  const form = objectWith(value, ['index', 'siblings', 'total']);
  return {
    index: integerField(form, 'index', MERKLE_LEAVES_MAX),
    siblings: arrayField(form, 'siblings', 32).map((sibling) => hashOfText(sibling, 'siblings')),
    total: integerField(form, 'total', MERKLE_LEAVES_MAX),
  };
}

/** JSON form `{bundlePath, receipt, result, resultsPath}`. */
export function receiptProofToJson(proof: ReceiptProof): JsonObject {
  const { code, gasUsed, gasWanted } = proof.result;
  return {
    bundlePath: pathToJson(proof.bundlePath),
    receipt: base64urlEncode(proof.receipt),
    result: { code, gasUsed: Number(gasUsed), gasWanted: Number(gasWanted) },
    resultsPath: pathToJson(proof.resultsPath),
  };
}

/** Reads the JSON form; RECEIPT_PROOF_MALFORMED. */
export function receiptProofFromJson(value: Json): Result<ReceiptProof> {
  try {
    const form = objectWith(value, ['bundlePath', 'receipt', 'result', 'resultsPath']);
    const result = objectWith(form['result'], ['code', 'gasUsed', 'gasWanted']);
    return accept({
      receipt: bytesOfText(form['receipt'], 'receipt'),
      bundlePath: pathFromJson(form['bundlePath']),
      result: {
        code: integerField(result, 'code', 2 ** 32 - 1),
        gasUsed: BigInt(integerField(result, 'gasUsed')),
        gasWanted: BigInt(integerField(result, 'gasWanted')),
      },
      resultsPath: pathFromJson(form['resultsPath']),
    });
  } catch (error) {
    if (error instanceof FieldError) return refuse('RECEIPT_PROOF_MALFORMED', { reason: error.message });
    throw error;
  }
}

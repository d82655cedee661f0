import { accept, type Bytes, concatBytes, equalBytes, merkleRoot, type Result, refuse, type Sha256 } from '@civitas/canon';
import { BLOCK_BYTES_MAX, BLOCK_EVIDENCE_MAX, BLOCK_PART_BYTES, BLOCK_TRANSACTIONS_MAX } from '../limits.ts';
import type { BlockId } from './block-id.ts';
import { COMMIT_BYTES_MAX, type Commit, decodeCommit, encodeCommit } from './commit.ts';
import { decodeHeader, encodeHeader, HEADER_BYTES_MAX, type Header, headerHash } from './header.ts';
import { type BlockEvidence, decodeBlockEvidence, encodeBlockEvidence } from './misbehaviour-evidence.ts';
import { FieldReader, messageField, varintField, WireError } from './wire.ts';

/** A block as it is stored and gossiped. */
export interface Block {
  readonly header: Header;
  /** Bundles, in order. */
  readonly transactions: readonly Bytes[];
  /** Of validators that signed twice or misled light clients; an embedded network has none. */
  readonly evidence: readonly BlockEvidence[];
  readonly lastCommit: Commit;
}

/** tendermint.types.Block. */
export function encodeBlock(block: Block): Bytes {
  const data = concatBytes(...block.transactions.map((transaction) => messageField(1, transaction)));
  const evidence = concatBytes(...block.evidence.map((one) => messageField(1, encodeBlockEvidence(one))));
  return concatBytes(
    messageField(1, encodeHeader(block.header)),
    messageField(2, data),
    messageField(3, evidence),
    messageField(4, encodeCommit(block.lastCommit)),
  );
}

function decodeMessage(bytes: Bytes): Block {
  const reader = new FieldReader(bytes);
  const header = decodeHeader(reader.message(1, HEADER_BYTES_MAX));
  const data = new FieldReader(reader.message(2, BLOCK_BYTES_MAX));
  const transactions = data.repeated(1, { countMax: BLOCK_TRANSACTIONS_MAX, lengthMax: BLOCK_BYTES_MAX });
  data.end();
  const list = new FieldReader(reader.message(3, BLOCK_BYTES_MAX));
  const evidence = list.repeated(1, { countMax: BLOCK_EVIDENCE_MAX, lengthMax: BLOCK_BYTES_MAX }).map(decodeBlockEvidence);
  list.end();
  const lastCommit = decodeCommit(reader.message(4, COMMIT_BYTES_MAX));
  reader.end();
  return { header, transactions, evidence, lastCommit };
}

/** Reads a block; BLOCK_TOO_LARGE or BLOCK_MALFORMED. */
export function decodeBlock(bytes: Bytes): Result<Block> {
  if (bytes.length > BLOCK_BYTES_MAX) return refuse('BLOCK_TOO_LARGE', { blockBytes: bytes.length, blockBytesMax: BLOCK_BYTES_MAX });
  try {
    const block = decodeMessage(bytes);
    return equalBytes(encodeBlock(block), bytes) ? accept(block) : refuse('BLOCK_MALFORMED', { reason: 'not the canonical encoding' });
  } catch (error) {
    if (error instanceof WireError) return refuse('BLOCK_MALFORMED', { reason: error.message });
    throw error;
  }
}

/** The part set of a block's bytes: parts of 64 KiB under one Merkle root. */
export function partSetOf(sha256: Sha256, blockBytes: Bytes): Pick<BlockId, 'partCount' | 'partsHash'> {
  const parts: Bytes[] = [];
  for (let at = 0; at < blockBytes.length; at += BLOCK_PART_BYTES) parts.push(blockBytes.subarray(at, at + BLOCK_PART_BYTES));
  return { partCount: parts.length, partsHash: merkleRoot(sha256, parts) };
}

/** What a commit to this block names. */
export function blockIdOf(sha256: Sha256, header: Header, blockBytes: Bytes): BlockId {
  return { hash: headerHash(sha256, header), ...partSetOf(sha256, blockBytes) };
}

/** Header's dataHash: Merkle root over the transactions' hashes. */
export function dataHash(sha256: Sha256, transactions: readonly Bytes[]): Bytes {
  return merkleRoot(sha256, transactions.map(sha256));
}

/** Header's evidenceHash of a block without evidence. */
export function emptyEvidenceHash(sha256: Sha256): Bytes {
  return merkleRoot(sha256, []);
}

/** Header's consensusHash: HashedParams, bounds of block bytes and gas (-1 = unbounded gas). */
export function consensusParamsHash(sha256: Sha256, bounds: { readonly blockBytesMax: bigint; readonly blockGasMax: bigint }): Bytes {
  return sha256(concatBytes(varintField(1, bounds.blockBytesMax), varintField(2, bounds.blockGasMax)));
}

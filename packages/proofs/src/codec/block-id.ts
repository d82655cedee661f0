import { type Bytes, concatBytes, equalBytes } from '@civitas/canon';
import { bytesField, FieldReader, messageField, varintField, WireError } from './wire.ts';

/** Names one block: its header's hash and the part set of its bytes. */
export interface BlockId {
  /** 32 bytes; empty for "no block". */
  readonly hash: Bytes;
  /** Parts of 64 KiB. */
  readonly partCount: number;
  /** Merkle root over the parts; 32 bytes, or empty. */
  readonly partsHash: Bytes;
}

export const NIL_BLOCK_ID: BlockId = { hash: new Uint8Array(0), partCount: 0, partsHash: new Uint8Array(0) };
export const BLOCK_ID_BYTES_MAX = 80;

/** The same bytes serve BlockID and CanonicalBlockID. */
export function encodeBlockId(id: BlockId): Bytes {
  const parts = concatBytes(varintField(1, id.partCount), bytesField(2, id.partsHash));
  return concatBytes(bytesField(1, id.hash), messageField(2, parts));
}

/** @throws WireError */
export function decodeBlockId(bytes: Bytes): BlockId {
  const reader = new FieldReader(bytes);
  const hash = reader.bytes(1, 32);
  const parts = new FieldReader(reader.message(2, 48));
  reader.end();
  const id = { hash, partCount: parts.int31(1), partsHash: parts.bytes(2, 32) };
  parts.end();
  if (id.hash.length % 32 !== 0 || id.partsHash.length % 32 !== 0) throw new WireError('a hash is 32 bytes');
  return id;
}

export function equalBlockIds(left: BlockId, right: BlockId): boolean {
  return equalBytes(left.hash, right.hash) && left.partCount === right.partCount && equalBytes(left.partsHash, right.partsHash);
}

export function isNilBlockId(id: BlockId): boolean {
  return id.hash.length === 0 && id.partCount === 0 && id.partsHash.length === 0;
}

import { type Bytes, concatBytes, merkleRoot, type Sha256 } from '@civitas/canon';
import { BLOCK_ID_BYTES_MAX, type BlockId, decodeBlockId, encodeBlockId } from './block-id.ts';
import { decodeTimestamp, encodeTimestamp, TIMESTAMP_BYTES_MAX, type Timestamp } from './timestamp.ts';
import { bytesField, FieldReader, messageField, stringField, varintField, WireError } from './wire.ts';

/** A block's header (CometBFT 0.38, spec/core/data_structures.md). Hashes are 32 bytes; empty ones are allowed where the first block has none. */
export interface Header {
  readonly blockProtocol: bigint;
  readonly appProtocol: bigint;
  /** At most 50 bytes. */
  readonly chainId: string;
  readonly height: bigint;
  readonly time: Timestamp;
  readonly lastBlockId: BlockId;
  readonly lastCommitHash: Bytes;
  readonly dataHash: Bytes;
  readonly validatorsHash: Bytes;
  readonly nextValidatorsHash: Bytes;
  readonly consensusHash: Bytes;
  /** State root after the block before this one. */
  readonly appHash: Bytes;
  /** Results of the block before this one. */
  readonly lastResultsHash: Bytes;
  readonly evidenceHash: Bytes;
  /** 20 bytes. */
  readonly proposerAddress: Bytes;
}

export const HEADER_BYTES_MAX = 1024;

function encodeVersion(header: Header): Bytes {
  return concatBytes(varintField(1, header.blockProtocol), varintField(2, header.appProtocol));
}

/** Merkle root over the fourteen encoded fields; 32 bytes. The commit signs it. */
export function headerHash(sha256: Sha256, header: Header): Bytes {
  const hashes = [
    header.lastCommitHash,
    header.dataHash,
    header.validatorsHash,
    header.nextValidatorsHash,
    header.consensusHash,
    header.appHash,
    header.lastResultsHash,
    header.evidenceHash,
    header.proposerAddress,
  ];
  return merkleRoot(sha256, [
    encodeVersion(header),
    stringField(1, header.chainId),
    varintField(1, header.height),
    encodeTimestamp(header.time),
    encodeBlockId(header.lastBlockId),
    ...hashes.map((hash) => bytesField(1, hash)),
  ]);
}

export function encodeHeader(header: Header): Bytes {
  return concatBytes(
    messageField(1, encodeVersion(header)),
    stringField(2, header.chainId),
    varintField(3, header.height),
    messageField(4, encodeTimestamp(header.time)),
    messageField(5, encodeBlockId(header.lastBlockId)),
    bytesField(6, header.lastCommitHash),
    bytesField(7, header.dataHash),
    bytesField(8, header.validatorsHash),
    bytesField(9, header.nextValidatorsHash),
    bytesField(10, header.consensusHash),
    bytesField(11, header.appHash),
    bytesField(12, header.lastResultsHash),
    bytesField(13, header.evidenceHash),
    bytesField(14, header.proposerAddress),
  );
}

function hashField(reader: FieldReader, field: number): Bytes {
  const hash = reader.bytes(field, 32);
  if (hash.length !== 0 && hash.length !== 32) throw new WireError('a hash is 32 bytes');
  return hash;
}

/** @throws WireError */
export function decodeHeader(bytes: Bytes): Header {
  const reader = new FieldReader(bytes);
  const version = new FieldReader(reader.message(1, 24));
  const header = {
    blockProtocol: version.uint64(1),
    appProtocol: version.uint64(2),
    chainId: reader.text(2, 50),
    height: reader.int64(3),
    time: decodeTimestamp(reader.message(4, TIMESTAMP_BYTES_MAX)),
    lastBlockId: decodeBlockId(reader.message(5, BLOCK_ID_BYTES_MAX)),
    lastCommitHash: hashField(reader, 6),
    dataHash: hashField(reader, 7),
    validatorsHash: hashField(reader, 8),
    nextValidatorsHash: hashField(reader, 9),
    consensusHash: hashField(reader, 10),
    appHash: hashField(reader, 11),
    lastResultsHash: hashField(reader, 12),
    evidenceHash: hashField(reader, 13),
    proposerAddress: reader.bytes(14, 20),
  };
  version.end();
  reader.end();
  if (header.height < 1n) throw new WireError('height from 1');
  return header;
}

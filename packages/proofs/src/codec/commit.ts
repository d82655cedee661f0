import { type Bytes, concatBytes, merkleRoot, type Sha256 } from '@civitas/canon';
import { VALIDATORS_MAX } from '../limits.ts';
import { BLOCK_ID_BYTES_MAX, type BlockId, decodeBlockId, encodeBlockId, isNilBlockId, NIL_BLOCK_ID } from './block-id.ts';
import { decodeTimestamp, encodeTimestamp, TIMESTAMP_BYTES_MAX, type Timestamp, ZERO_TIME } from './timestamp.ts';
import { bytesField, encodeVarint, FieldReader, fixed64Field, messageField, stringField, varintField, WireError } from './wire.ts';

export const FLAG_ABSENT = 1;
export const FLAG_COMMIT = 2;
export const FLAG_NIL = 3;
export type BlockIdFlag = typeof FLAG_ABSENT | typeof FLAG_COMMIT | typeof FLAG_NIL;

/** One validator's precommit inside a commit, at that validator's index. */
export interface CommitSig {
  readonly flag: BlockIdFlag;
  /** 20 bytes; empty when absent. */
  readonly validatorAddress: Bytes;
  readonly time: Timestamp;
  /** 64 bytes; empty when absent. */
  readonly signature: Bytes;
}

/** The precommits that decided a block. */
export interface Commit {
  readonly height: bigint;
  readonly round: number;
  readonly blockId: BlockId;
  readonly signatures: readonly CommitSig[];
}

/** The only form an absent signature may have: anything in its fields would be signed by nobody. */
export const ABSENT_SIG: CommitSig = {
  flag: FLAG_ABSENT,
  validatorAddress: new Uint8Array(0),
  time: ZERO_TIME,
  signature: new Uint8Array(0),
};

/** The commit "before" the first block. */
export const EMPTY_COMMIT: Commit = { height: 0n, round: 0, blockId: NIL_BLOCK_ID, signatures: [] };

const COMMIT_SIG_BYTES_MAX = 128;
export const COMMIT_BYTES_MAX = 128 + VALIDATORS_MAX * (COMMIT_SIG_BYTES_MAX + 3);

export function encodeCommitSig(sig: CommitSig): Bytes {
  return concatBytes(
    varintField(1, sig.flag),
    bytesField(2, sig.validatorAddress),
    messageField(3, encodeTimestamp(sig.time)),
    bytesField(4, sig.signature),
  );
}

export function encodeCommit(commit: Commit): Bytes {
  return concatBytes(
    varintField(1, commit.height),
    varintField(2, commit.round),
    messageField(3, encodeBlockId(commit.blockId)),
    ...commit.signatures.map((sig) => messageField(4, encodeCommitSig(sig))),
  );
}

/** Merkle root over the signatures: the next header's lastCommitHash. */
export function commitHash(sha256: Sha256, commit: Commit): Bytes {
  return merkleRoot(sha256, commit.signatures.map(encodeCommitSig));
}

/**
 * What a validator signs when it precommits: CanonicalVote, length-prefixed (CometBFT 0.38 `VoteSignBytes`).
 *
 * @param vote height, round and block; NIL_BLOCK_ID for a vote for nothing.
 */
export function voteSignBytes(chainId: string, vote: Pick<Commit, 'height' | 'round' | 'blockId'>, time: Timestamp): Bytes {
  const blockId = isNilBlockId(vote.blockId) ? new Uint8Array(0) : messageField(4, encodeBlockId(vote.blockId));
  const canonical = concatBytes(
    varintField(1, 2),
    fixed64Field(2, vote.height),
    fixed64Field(3, BigInt(vote.round)),
    blockId,
    messageField(5, encodeTimestamp(time)),
    stringField(6, chainId),
  );
  return concatBytes(encodeVarint(BigInt(canonical.length)), canonical);
}

function flagOf(value: number): BlockIdFlag {
  if (value === FLAG_ABSENT || value === FLAG_COMMIT || value === FLAG_NIL) return value;
  throw new WireError('unknown block id flag');
}

function decodeCommitSig(bytes: Bytes): CommitSig {
  const reader = new FieldReader(bytes);
  const sig = {
    flag: flagOf(reader.int31(1)),
    validatorAddress: reader.bytes(2, 20),
    time: decodeTimestamp(reader.message(3, TIMESTAMP_BYTES_MAX)),
    signature: reader.bytes(4, 64),
  };
  reader.end();
  return sig;
}

/** @throws WireError */
export function decodeCommit(bytes: Bytes): Commit {
  const reader = new FieldReader(bytes);
  const commit = {
    height: reader.int64(1),
    round: reader.int31(2),
    blockId: decodeBlockId(reader.message(3, BLOCK_ID_BYTES_MAX)),
    signatures: reader.repeated(4, { countMax: VALIDATORS_MAX, lengthMax: COMMIT_SIG_BYTES_MAX }).map(decodeCommitSig),
  };
  reader.end();
  if (commit.height < 0n) throw new WireError('negative height');
  return commit;
}

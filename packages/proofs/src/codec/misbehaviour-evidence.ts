import { type Bytes, concatBytes, merkleRoot, type Sha256 } from '@civitas/canon';
import { BLOCK_BYTES_MAX, VALIDATORS_MAX } from '../limits.ts';
import { BLOCK_ID_BYTES_MAX, type BlockId, decodeBlockId, encodeBlockId } from './block-id.ts';
import { COMMIT_BYTES_MAX, type Commit, decodeCommit, encodeCommit } from './commit.ts';
import { decodeHeader, encodeHeader, HEADER_BYTES_MAX, type Header } from './header.ts';
import { decodeTimestamp, encodeTimestamp, TIMESTAMP_BYTES_MAX, type Timestamp } from './timestamp.ts';
import {
  decodeRankedValidator,
  encodeRankedValidator,
  RANKED_VALIDATOR_BYTES_MAX,
  type RankedValidator,
  VALIDATOR_SET_BYTES_MAX,
} from './validator.ts';
import { bytesField, FieldReader, messageField, varintField, WireError } from './wire.ts';

/** A vote as validators send it to each other (tendermint.types.Vote). */
export interface Vote {
  /** 1 prevote, 2 precommit. */
  readonly type: 1 | 2;
  readonly height: bigint;
  readonly round: number;
  /** NIL_BLOCK_ID for a vote for nothing. */
  readonly blockId: BlockId;
  readonly time: Timestamp;
  /** 20 bytes. */
  readonly validatorAddress: Bytes;
  readonly validatorIndex: number;
  /** At most 64 bytes. */
  readonly signature: Bytes;
  /** Nothing signs it in a network without vote extensions, so a double voter may put anything here. */
  readonly extension: Bytes;
  readonly extensionSignature: Bytes;
}

/** One validator signed two votes of one height, round and type. */
export interface DuplicateVoteEvidence {
  readonly kind: 'duplicate-vote';
  /** In the order of their block ids. */
  readonly votes: readonly [Vote, Vote];
  readonly totalPower: bigint;
  readonly validatorPower: bigint;
  /** Header time of the height. */
  readonly time: Timestamp;
}

/** Validators signed a header that the network never decided, to mislead a light client. */
export interface LightClientAttackEvidence {
  readonly kind: 'light-client-attack';
  readonly header: Header;
  readonly commit: Commit;
  /** The set shown with it, as shown. */
  readonly validators: readonly RankedValidator[];
  readonly proposer: RankedValidator;
  /** Last height that attackers and network share. */
  readonly commonHeight: bigint;
  readonly byzantine: readonly RankedValidator[];
  readonly totalPower: bigint;
  readonly time: Timestamp;
}

/** What a block's proposer accuses validators of; every validator checked it before the block was decided. */
export type BlockEvidence = DuplicateVoteEvidence | LightClientAttackEvidence;

function encodeVote(vote: Vote): Bytes {
  return concatBytes(
    varintField(1, vote.type),
    varintField(2, vote.height),
    varintField(3, vote.round),
    messageField(4, encodeBlockId(vote.blockId)),
    messageField(5, encodeTimestamp(vote.time)),
    bytesField(6, vote.validatorAddress),
    varintField(7, vote.validatorIndex),
    bytesField(8, vote.signature),
    bytesField(9, vote.extension),
    bytesField(10, vote.extensionSignature),
  );
}

function voteTypeOf(value: number): 1 | 2 {
  if (value === 1 || value === 2) return value;
  throw new WireError('unknown vote type');
}

function decodeVote(bytes: Bytes): Vote {
  const reader = new FieldReader(bytes);
  const vote = {
    type: voteTypeOf(reader.int31(1)),
    height: reader.int64(2),
    round: reader.int31(3),
    blockId: decodeBlockId(reader.message(4, BLOCK_ID_BYTES_MAX)),
    time: decodeTimestamp(reader.message(5, TIMESTAMP_BYTES_MAX)),
    validatorAddress: reader.bytes(6, 20),
    validatorIndex: reader.int31(7),
    signature: reader.bytes(8, 64),
    extension: reader.bytes(9, BLOCK_BYTES_MAX),
    extensionSignature: reader.bytes(10, 64),
  };
  reader.end();
  if (vote.height < 1n || vote.validatorAddress.length !== 20) throw new WireError('a vote has a height and a validator');
  return vote;
}

function encodeDuplicateVote(evidence: DuplicateVoteEvidence): Bytes {
  const [first, second] = evidence.votes;
  return concatBytes(
    messageField(1, encodeVote(first)),
    messageField(2, encodeVote(second)),
    varintField(3, evidence.totalPower),
    varintField(4, evidence.validatorPower),
    messageField(5, encodeTimestamp(evidence.time)),
  );
}

function decodeDuplicateVote(bytes: Bytes): DuplicateVoteEvidence {
  const reader = new FieldReader(bytes);
  const first = decodeVote(reader.message(1, BLOCK_BYTES_MAX));
  const second = decodeVote(reader.message(2, BLOCK_BYTES_MAX));
  const totalPower = reader.int64(3);
  const validatorPower = reader.int64(4);
  const time = decodeTimestamp(reader.message(5, TIMESTAMP_BYTES_MAX));
  reader.end();
  return { kind: 'duplicate-vote', votes: [first, second], totalPower, validatorPower, time };
}

function encodeLightClientAttack(evidence: LightClientAttackEvidence): Bytes {
  const signedHeader = concatBytes(messageField(1, encodeHeader(evidence.header)), messageField(2, encodeCommit(evidence.commit)));
  const set = concatBytes(
    ...evidence.validators.map((validator) => messageField(1, encodeRankedValidator(validator))),
    messageField(2, encodeRankedValidator(evidence.proposer)),
  );
  return concatBytes(
    messageField(1, concatBytes(messageField(1, signedHeader), messageField(2, set))),
    varintField(2, evidence.commonHeight),
    ...evidence.byzantine.map((validator) => messageField(3, encodeRankedValidator(validator))),
    varintField(4, evidence.totalPower),
    messageField(5, encodeTimestamp(evidence.time)),
  );
}

const VALIDATOR_BOUNDS = { countMax: VALIDATORS_MAX, lengthMax: RANKED_VALIDATOR_BYTES_MAX };
const SIGNED_HEADER_BYTES_MAX = HEADER_BYTES_MAX + COMMIT_BYTES_MAX;
const CONFLICTING_BLOCK_BYTES_MAX = SIGNED_HEADER_BYTES_MAX + VALIDATOR_SET_BYTES_MAX;

function decodeConflictingBlock(bytes: Bytes): Pick<LightClientAttackEvidence, 'header' | 'commit' | 'validators' | 'proposer'> {
  const block = new FieldReader(bytes);
  const signed = new FieldReader(block.message(1, SIGNED_HEADER_BYTES_MAX));
  const header = decodeHeader(signed.message(1, HEADER_BYTES_MAX));
  const commit = decodeCommit(signed.message(2, COMMIT_BYTES_MAX));
  signed.end();
  const set = new FieldReader(block.message(2, VALIDATOR_SET_BYTES_MAX));
  block.end();
  const validators = set.repeated(1, VALIDATOR_BOUNDS).map(decodeRankedValidator);
  const proposer = decodeRankedValidator(set.message(2, RANKED_VALIDATOR_BYTES_MAX));
  set.end();
  return { header, commit, validators, proposer };
}

function decodeLightClientAttack(bytes: Bytes): LightClientAttackEvidence {
  const reader = new FieldReader(bytes);
  const conflicting = decodeConflictingBlock(reader.message(1, CONFLICTING_BLOCK_BYTES_MAX));
  const commonHeight = reader.int64(2);
  const byzantine = reader.repeated(3, VALIDATOR_BOUNDS).map(decodeRankedValidator);
  const totalPower = reader.int64(4);
  const time = decodeTimestamp(reader.message(5, TIMESTAMP_BYTES_MAX));
  reader.end();
  return { kind: 'light-client-attack', ...conflicting, commonHeight, byzantine, totalPower, time };
}

function encodeInner(evidence: BlockEvidence): Bytes {
  return evidence.kind === 'duplicate-vote' ? encodeDuplicateVote(evidence) : encodeLightClientAttack(evidence);
}

/** tendermint.types.Evidence: the element of a block's evidence list. */
export function encodeBlockEvidence(evidence: BlockEvidence): Bytes {
  return messageField(evidence.kind === 'duplicate-vote' ? 1 : 2, encodeInner(evidence));
}

/** @throws WireError. Keys are Ed25519: a set shown in an attack with other keys is refused, as no honest client would have taken it. */
export function decodeBlockEvidence(bytes: Bytes): BlockEvidence {
  const reader = new FieldReader(bytes);
  const isDuplicateVote = bytes[0] === messageField(1, new Uint8Array(0))[0];
  const inner = reader.message(isDuplicateVote ? 1 : 2, BLOCK_BYTES_MAX);
  reader.end();
  return isDuplicateVote ? decodeDuplicateVote(inner) : decodeLightClientAttack(inner);
}

/** Header's evidenceHash: Merkle root over the evidence, each without the wrapper that names its kind; 32 bytes. */
export function evidenceHash(sha256: Sha256, evidence: readonly BlockEvidence[]): Bytes {
  return merkleRoot(sha256, evidence.map(encodeInner));
}

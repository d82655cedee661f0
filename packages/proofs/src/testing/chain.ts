import type { Bytes } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { type Block, blockIdOf, consensusParamsHash, dataHash, emptyEvidenceHash, encodeBlock } from '../codec/block.ts';
import { NIL_BLOCK_ID } from '../codec/block-id.ts';
import { ABSENT_SIG, type Commit, type CommitSig, commitHash, EMPTY_COMMIT, FLAG_COMMIT, voteSignBytes } from '../codec/commit.ts';
import type { Header } from '../codec/header.ts';
import type { LightBlock } from '../codec/light-block.ts';
import { resultsHash, type TransactionResult } from '../codec/results.ts';
import { timestampOfUnixNanos, unixNanosOf } from '../codec/timestamp.ts';
import { sortValidators, type Validator, validatorOf, validatorsHash } from '../codec/validator.ts';

const { sha256 } = nodeCrypto;
const GENESIS_NANOS = 1_767_225_600_123_456_789n;
const BLOCK_NANOS = 1_000_000_007n;

export interface FixtureKeys {
  readonly validators: readonly Validator[];
  readonly keyOf: (validator: Validator) => TestKeyPair;
}

/** Validators with power 10 each, named by a prefix. */
export function someValidators(count: number, prefix = 'validator'): FixtureKeys {
  const pairs = Array.from({ length: count }, (_, index) => aKeyPair(`${prefix} ${index}`));
  const byKey = new Map(pairs.map((pair) => [pair.publicKey.join(), pair]));
  const validators = sortValidators(pairs.map((pair) => validatorOf(sha256, pair.publicKey, 10n)));
  return { validators, keyOf: (validator) => byKey.get(validator.publicKey.join()) ?? aKeyPair(prefix) };
}

export interface FixtureBlock {
  readonly lightBlock: LightBlock;
  readonly block: Bytes;
}

export interface NextBlock {
  readonly keys: FixtureKeys;
  readonly nextKeys?: FixtureKeys;
  readonly transactions?: readonly Bytes[];
  readonly appHash?: Bytes;
  readonly lastResults?: readonly TransactionResult[];
  /** Indices of validators that do not sign. */
  readonly absent?: readonly number[];
  readonly change?: Partial<Header>;
}

function signCommit(header: Header, unsigned: Omit<Commit, 'signatures'>, next: NextBlock): Commit {
  const time = timestampOfUnixNanos(unixNanosOf(header.time) + BLOCK_NANOS);
  const signatures = next.keys.validators.map((validator, index): CommitSig => {
    if (next.absent?.includes(index)) return ABSENT_SIG;
    const signature = next.keys.keyOf(validator).sign(voteSignBytes(header.chainId, unsigned, time));
    return { flag: FLAG_COMMIT, validatorAddress: validator.address, time, signature };
  });
  return { ...unsigned, signatures };
}

/** The next block of a chain made as the embedded engine makes it. */
export function nextBlock(chainId: string, previous: FixtureBlock | undefined, next: NextBlock): FixtureBlock {
  const lastCommit = previous?.lightBlock.commit ?? EMPTY_COMMIT;
  const last = previous?.lightBlock.header;
  const transactions = next.transactions ?? [];
  const header: Header = {
    blockProtocol: 11n,
    appProtocol: 0n,
    chainId,
    height: (last?.height ?? 0n) + 1n,
    time: timestampOfUnixNanos(last === undefined ? GENESIS_NANOS : unixNanosOf(last.time) + BLOCK_NANOS),
    lastBlockId: previous === undefined ? NIL_BLOCK_ID : lastCommit.blockId,
    lastCommitHash: commitHash(sha256, lastCommit),
    dataHash: dataHash(sha256, transactions),
    validatorsHash: validatorsHash(sha256, next.keys.validators),
    nextValidatorsHash: validatorsHash(sha256, (next.nextKeys ?? next.keys).validators),
    consensusHash: consensusParamsHash(sha256, { blockBytesMax: 4_194_304n, blockGasMax: -1n }),
    appHash: next.appHash ?? new Uint8Array(32),
    lastResultsHash: resultsHash(sha256, next.lastResults ?? []),
    evidenceHash: emptyEvidenceHash(sha256),
    proposerAddress: next.keys.validators[0]?.address ?? new Uint8Array(20),
    ...next.change,
  };
  const block: Block = { header, transactions, evidence: [], lastCommit };
  const bytes = encodeBlock(block);
  const unsigned = { height: header.height, round: 0, blockId: blockIdOf(sha256, header, bytes) };
  return { lightBlock: { header, commit: signCommit(header, unsigned, next), validators: next.keys.validators }, block: bytes };
}

/** Blocks 1 … count of one chain with one validator set. */
export function aChain(count: number, keys: FixtureKeys, chainId = 'test-1'): FixtureBlock[] {
  const blocks: FixtureBlock[] = [];
  for (let i = 0; i < count; i++) blocks.push(nextBlock(chainId, blocks.at(-1), { keys, transactions: [Uint8Array.of(i)] }));
  return blocks;
}

/** The same bytes with one bit turned. */
export function withFlippedBit(bytes: Bytes, bit: number): Bytes {
  const flipped = bytes.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

import type { Bytes, Sha256 } from '@civitas/canon';
import {
  BLOCK_PROTOCOL,
  type Block,
  blockIdOf,
  type Commit,
  commitHash,
  consensusParamsHash,
  dataHash,
  EMPTY_COMMIT,
  emptyEvidenceHash,
  encodeLightBlock,
  FLAG_COMMIT,
  type Header,
  NIL_BLOCK_ID,
  type Timestamp,
  timestampOfUnixNanos,
  type Validator,
  validatorsHash,
  voteSignBytes,
} from '@civitas/proofs';
import type { ApplicationInfo, DecidedBlock } from './engine.ts';
import { BLOCK_BOUNDS } from './limits.ts';

/** The chain as its only validator sees it. */
export interface ChainFacts {
  readonly sha256: Sha256;
  readonly chainId: string;
  readonly genesisTimeUnixMs: number;
  readonly validator: Validator;
}

/** The newest block's commit; EMPTY_COMMIT before the first. */
export interface ChainHead {
  readonly commit: Commit;
}

export const NO_BLOCKS: ChainHead = { commit: EMPTY_COMMIT };

/** A block's time is the median of the last commit's votes: here the one vote's own. */
function blockTime(facts: ChainFacts, head: ChainHead): Timestamp {
  const vote = head.commit.signatures[0];
  return vote === undefined ? timestampOfUnixNanos(BigInt(facts.genesisTimeUnixMs) * 1_000_000n) : vote.time;
}

/** The next block over a head, in CometBFT's format. */
export function makeBlock(facts: ChainFacts, head: ChainHead, info: ApplicationInfo, transactions: readonly Bytes[]): Block {
  const { sha256, validator } = facts;
  const setHash = validatorsHash(sha256, [validator]);
  const isFirst = head.commit.height === 0n;
  const header: Header = {
    blockProtocol: BLOCK_PROTOCOL,
    appProtocol: info.appVersion,
    chainId: facts.chainId,
    height: BigInt(info.height + 1),
    time: blockTime(facts, head),
    lastBlockId: isFirst ? NIL_BLOCK_ID : head.commit.blockId,
    lastCommitHash: commitHash(sha256, head.commit),
    dataHash: dataHash(sha256, transactions),
    validatorsHash: setHash,
    nextValidatorsHash: setHash,
    consensusHash: consensusParamsHash(sha256, BLOCK_BOUNDS),
    appHash: info.appHash,
    lastResultsHash: info.resultsHash,
    evidenceHash: emptyEvidenceHash(sha256),
    proposerAddress: validator.address,
  };
  return { header, transactions, evidence: [], lastCommit: head.commit };
}

/**
 * Signs a block. The same bytes and vote time always give the same commit: Ed25519 is deterministic.
 *
 * @param bytes the block's encoding.
 */
export function decideBlock(
  facts: ChainFacts,
  { block, bytes }: { readonly block: Block; readonly bytes: Bytes },
  voteTimeNanos: bigint,
  sign: (message: Bytes) => Bytes,
): { readonly decided: Required<DecidedBlock>; readonly commit: Commit } {
  const { header } = block;
  const vote = { height: header.height, round: 0, blockId: blockIdOf(facts.sha256, header, bytes) };
  const time = timestampOfUnixNanos(voteTimeNanos);
  const signature = sign(voteSignBytes(facts.chainId, vote, time));
  const commit: Commit = { ...vote, signatures: [{ flag: FLAG_COMMIT, validatorAddress: facts.validator.address, time, signature }] };
  const lightBlock = encodeLightBlock({ header, commit, validators: [facts.validator] });
  return { decided: { height: Number(header.height), hash: vote.blockId.hash, blockBytes: bytes.length, bytes, lightBlock }, commit };
}

import { type Bytes, equalBytes, hexEncode, type JsonObject } from '@civitas/canon';
import type { BlockId, Commit, Header, LightBlock } from '@civitas/proofs';
import { rfc3339Of } from '../engine/cometbft/engine-time.ts';
import type { ProposerPriority } from './snapshot-source.ts';

// CometBFT's JSON (cmtjson): 64-bit integers as text, hashes in upper-case hex, keys and signatures in base64.

const hex = (bytes: Bytes): string => hexEncode(bytes).toUpperCase();
const base64 = (bytes: Bytes): string => Buffer.from(bytes).toString('base64');

function blockIdToJson({ hash, partCount, partsHash }: BlockId): JsonObject {
  return { hash: hex(hash), parts: { total: partCount, hash: hex(partsHash) } };
}

function headerToJson(header: Header): JsonObject {
  return {
    version: { block: String(header.blockProtocol), app: String(header.appProtocol) },
    chain_id: header.chainId,
    height: String(header.height),
    time: rfc3339Of(header.time),
    last_block_id: blockIdToJson(header.lastBlockId),
    last_commit_hash: hex(header.lastCommitHash),
    data_hash: hex(header.dataHash),
    validators_hash: hex(header.validatorsHash),
    next_validators_hash: hex(header.nextValidatorsHash),
    consensus_hash: hex(header.consensusHash),
    app_hash: hex(header.appHash),
    last_results_hash: hex(header.lastResultsHash),
    evidence_hash: hex(header.evidenceHash),
    proposer_address: hex(header.proposerAddress),
  };
}

function commitToJson(commit: Commit): JsonObject {
  return {
    height: String(commit.height),
    round: commit.round,
    block_id: blockIdToJson(commit.blockId),
    signatures: commit.signatures.map(({ flag, validatorAddress, time, signature }) => ({
      block_id_flag: flag,
      validator_address: hex(validatorAddress),
      timestamp: rfc3339Of(time),
      signature: signature.length === 0 ? null : base64(signature),
    })),
  };
}

/** Result of `commit`. */
export function commitResult({ header, commit }: LightBlock): JsonObject {
  return { signed_header: { header: headerToJson(header), commit: commitToJson(commit) }, canonical: true };
}

/** Result of `validators`, the whole set on one page. Without a priority a validator stands at 0, as in a set of one. */
export function validatorsResult({ header, validators }: LightBlock, priorities: readonly ProposerPriority[]): JsonObject {
  return {
    block_height: String(header.height),
    validators: validators.map(({ address, publicKey, power }) => ({
      address: hex(address),
      pub_key: { type: 'tendermint/PubKeyEd25519', value: base64(publicKey) },
      voting_power: String(power),
      proposer_priority: String(priorities.find((known) => equalBytes(known.address, address))?.priority ?? 0n),
    })),
    count: String(validators.length),
    total: String(validators.length),
  };
}

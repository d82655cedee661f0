import { type Bytes, isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import {
  ABSENT_SIG,
  type BlockId,
  type Commit,
  type CommitSig,
  FLAG_ABSENT,
  FLAG_COMMIT,
  FLAG_NIL,
  type Header,
  type Timestamp,
  type Validator,
} from '@civitas/proofs';
import { EngineFault } from './engine-fault.ts';
import { findRfc3339 } from './engine-time.ts';

const HEX = /^(?:[0-9A-F]{2})*$/;
const INTEGER = /^-?\d{1,19}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function textOf(object: JsonObject, field: string, shape: RegExp): string {
  const value = object[field];
  if (typeof value !== 'string' || !shape.test(value)) throw new EngineFault('ENGINE_ANSWER', `${field} has another form`);
  return value;
}

const bytesOf = (buffer: Buffer): Bytes => new Uint8Array(buffer);
const hexOf = (object: JsonObject, field: string): Bytes => bytesOf(Buffer.from(textOf(object, field, HEX), 'hex'));
const base64Of = (object: JsonObject, field: string): Bytes => bytesOf(Buffer.from(textOf(object, field, BASE64), 'base64'));
const integerOf = (object: JsonObject, field: string): bigint => BigInt(textOf(object, field, INTEGER));

export function objectOf(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  if (value === undefined || !isJsonObject(value)) throw new EngineFault('ENGINE_ANSWER', `${field} is no object`);
  return value;
}

function numberOf(object: JsonObject, field: string): number {
  const value = object[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new EngineFault('ENGINE_ANSWER', `${field} is no integer`);
  return value;
}

function timeOf(object: JsonObject, field: string): Timestamp {
  const value = object[field];
  const time = typeof value === 'string' ? findRfc3339(value) : undefined;
  if (time === undefined) throw new EngineFault('ENGINE_ANSWER', `${field} is no time`);
  return time;
}

function blockIdOf(object: JsonObject): BlockId {
  const parts = objectOf(object, 'parts');
  return { hash: hexOf(object, 'hash'), partCount: numberOf(parts, 'total'), partsHash: hexOf(parts, 'hash') };
}

/** A header of `/commit`. @throws EngineFault */
export function headerOf(json: JsonObject): Header {
  const version = objectOf(json, 'version');
  return {
    blockProtocol: integerOf(version, 'block'),
    appProtocol: version['app'] === undefined ? 0n : integerOf(version, 'app'),
    chainId: String(json['chain_id']),
    height: integerOf(json, 'height'),
    time: timeOf(json, 'time'),
    lastBlockId: blockIdOf(objectOf(json, 'last_block_id')),
    lastCommitHash: hexOf(json, 'last_commit_hash'),
    dataHash: hexOf(json, 'data_hash'),
    validatorsHash: hexOf(json, 'validators_hash'),
    nextValidatorsHash: hexOf(json, 'next_validators_hash'),
    consensusHash: hexOf(json, 'consensus_hash'),
    appHash: hexOf(json, 'app_hash'),
    lastResultsHash: hexOf(json, 'last_results_hash'),
    evidenceHash: hexOf(json, 'evidence_hash'),
    proposerAddress: hexOf(json, 'proposer_address'),
  };
}

function commitSigOf(json: Json): CommitSig {
  if (!isJsonObject(json)) throw new EngineFault('ENGINE_ANSWER', 'a signature is no object');
  const flag = json['block_id_flag'];
  if (flag === FLAG_ABSENT) return ABSENT_SIG;
  if (flag !== FLAG_COMMIT && flag !== FLAG_NIL) throw new EngineFault('ENGINE_ANSWER', 'unknown block id flag');
  return {
    flag,
    validatorAddress: hexOf(json, 'validator_address'),
    time: timeOf(json, 'timestamp'),
    signature: base64Of(json, 'signature'),
  };
}

/** A commit of `/commit`. @throws EngineFault */
export function commitOf(json: JsonObject): Commit {
  const signatures = json['signatures'];
  if (!Array.isArray(signatures)) throw new EngineFault('ENGINE_ANSWER', 'signatures is no list');
  return {
    height: integerOf(json, 'height'),
    round: numberOf(json, 'round'),
    blockId: blockIdOf(objectOf(json, 'block_id')),
    signatures: signatures.map(commitSigOf),
  };
}

/** Validators of `/validators`. @throws EngineFault */
export function validatorsOf(json: Json | undefined): Validator[] {
  if (!Array.isArray(json)) throw new EngineFault('ENGINE_ANSWER', 'validators is no list');
  return json.map((validator) => {
    if (!isJsonObject(validator)) throw new EngineFault('ENGINE_ANSWER', 'a validator is no object');
    const publicKey = base64Of(objectOf(validator, 'pub_key'), 'value');
    return { address: hexOf(validator, 'address'), publicKey, power: integerOf(validator, 'voting_power') };
  });
}

/** Proposer priorities of `/validators`. @throws EngineFault */
export function prioritiesOf(json: Json | undefined): { address: Bytes; priority: bigint }[] {
  if (!Array.isArray(json)) throw new EngineFault('ENGINE_ANSWER', 'validators is no list');
  return json.map((validator) => {
    if (!isJsonObject(validator)) throw new EngineFault('ENGINE_ANSWER', 'a validator is no object');
    return { address: hexOf(validator, 'address'), priority: integerOf(validator, 'proposer_priority') };
  });
}

/** Transactions of `/block`. @throws EngineFault */
export function transactionsOf(json: Json | undefined): Bytes[] {
  if (json === null || json === undefined) return [];
  if (!Array.isArray(json)) throw new EngineFault('ENGINE_ANSWER', 'txs is no list');
  return json.map((transaction) => {
    if (typeof transaction !== 'string' || !BASE64.test(transaction)) throw new EngineFault('ENGINE_ANSWER', 'a transaction is not base64');
    return bytesOf(Buffer.from(transaction, 'base64'));
  });
}

import { type Bytes, compareBytes, concatBytes, equalBytes, merkleRoot, type Sha256 } from '@civitas/canon';
import { TOTAL_POWER_MAX, VALIDATORS_MAX } from '../limits.ts';
import { bytesField, FieldReader, messageField, varintField, WireError } from './wire.ts';

export interface Validator {
  /** First 20 bytes of SHA-256(public key). */
  readonly address: Bytes;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Bytes;
  /** 1 … 2^60 - 1. */
  readonly power: bigint;
}

const VALIDATOR_BYTES_MAX = 96;
export const VALIDATOR_SET_BYTES_MAX = (VALIDATORS_MAX + 1) * (VALIDATOR_BYTES_MAX + 2);

export function addressOf(sha256: Sha256, publicKey: Bytes): Bytes {
  return sha256(publicKey).slice(0, 20);
}

export function validatorOf(sha256: Sha256, publicKey: Bytes, power: bigint): Validator {
  return { address: addressOf(sha256, publicKey), publicKey, power };
}

/** CometBFT's order of a set: falling power, then rising address. */
export function sortValidators(validators: readonly Validator[]): Validator[] {
  return [...validators].sort((left, right) => {
    if (left.power !== right.power) return left.power > right.power ? -1 : 1;
    return compareBytes(left.address, right.address);
  });
}

function encodePublicKey(publicKey: Bytes): Bytes {
  return bytesField(1, publicKey);
}

/** Merkle root over the set's SimpleValidator encodings, in the set's order; 32 bytes. */
export function validatorsHash(sha256: Sha256, validators: readonly Validator[]): Bytes {
  return merkleRoot(
    sha256,
    validators.map((validator) => concatBytes(messageField(1, encodePublicKey(validator.publicKey)), varintField(2, validator.power))),
  );
}

function encodeValidator(validator: Validator): Bytes {
  return concatBytes(
    bytesField(1, validator.address),
    messageField(2, encodePublicKey(validator.publicKey)),
    varintField(3, validator.power),
  );
}

/**
 * ValidatorSet without proposer priorities, which nothing certifies.
 *
 * CometBFT wants a proposer in the message: it is the validator with `proposerAddress`, so that the bytes follow from the rest.
 */
export function encodeValidatorSet(validators: readonly Validator[], proposerAddress: Bytes): Bytes {
  const proposer = validators.find((validator) => equalBytes(validator.address, proposerAddress));
  return concatBytes(
    ...validators.map((validator) => messageField(1, encodeValidator(validator))),
    proposer === undefined ? new Uint8Array(0) : messageField(2, encodeValidator(proposer)),
  );
}

function readValidator(reader: FieldReader): Validator {
  const address = reader.bytes(1, 20);
  const key = new FieldReader(reader.message(2, 34));
  const publicKey = key.bytes(1, 32);
  key.end();
  const power = reader.int64(3);
  if (address.length !== 20 || publicKey.length !== 32) throw new WireError('address or key has another length');
  if (power < 1n || power > TOTAL_POWER_MAX) throw new WireError('power out of range');
  return { address, publicKey, power };
}

function decodeValidator(bytes: Bytes): Validator {
  const reader = new FieldReader(bytes);
  const validator = readValidator(reader);
  reader.end();
  return validator;
}

/** A validator inside evidence, which keeps its place in the proposers' turns too. */
export interface RankedValidator extends Validator {
  readonly proposerPriority: bigint;
}

export const RANKED_VALIDATOR_BYTES_MAX = VALIDATOR_BYTES_MAX + 11;

export function encodeRankedValidator(validator: RankedValidator): Bytes {
  return concatBytes(encodeValidator(validator), varintField(4, validator.proposerPriority));
}

/** @throws WireError */
export function decodeRankedValidator(bytes: Bytes): RankedValidator {
  const reader = new FieldReader(bytes);
  const validator = { ...readValidator(reader), proposerPriority: reader.int64(4) };
  reader.end();
  return validator;
}

/** @throws WireError. The proposer is read over: the caller's re-encoding compares it. */
export function decodeValidatorSet(bytes: Bytes): Validator[] {
  const reader = new FieldReader(bytes);
  const validators = reader.repeated(1, { countMax: VALIDATORS_MAX, lengthMax: VALIDATOR_BYTES_MAX }).map(decodeValidator);
  reader.bytes(2, VALIDATOR_BYTES_MAX);
  reader.end();
  return validators;
}

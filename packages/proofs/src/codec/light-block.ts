import { accept, type Bytes, concatBytes, equalBytes, type Result, refuse } from '@civitas/canon';
import { LIGHT_BLOCK_BYTES_MAX } from '../limits.ts';
import { COMMIT_BYTES_MAX, type Commit, decodeCommit, encodeCommit } from './commit.ts';
import { decodeHeader, encodeHeader, HEADER_BYTES_MAX, type Header } from './header.ts';
import { decodeValidatorSet, encodeValidatorSet, VALIDATOR_SET_BYTES_MAX, type Validator } from './validator.ts';
import { FieldReader, messageField, WireError } from './wire.ts';

/** All a light client needs of one height. */
export interface LightBlock {
  readonly header: Header;
  readonly commit: Commit;
  /** The set of this height, in the set's own order. */
  readonly validators: readonly Validator[];
}

/** tendermint.types.LightBlock. */
export function encodeLightBlock(block: LightBlock): Bytes {
  const signedHeader = concatBytes(messageField(1, encodeHeader(block.header)), messageField(2, encodeCommit(block.commit)));
  return concatBytes(messageField(1, signedHeader), messageField(2, encodeValidatorSet(block.validators, block.header.proposerAddress)));
}

function decodeMessage(bytes: Bytes): LightBlock {
  const reader = new FieldReader(bytes);
  const signed = new FieldReader(reader.message(1, HEADER_BYTES_MAX + COMMIT_BYTES_MAX));
  const header = decodeHeader(signed.message(1, HEADER_BYTES_MAX));
  const commit = decodeCommit(signed.message(2, COMMIT_BYTES_MAX));
  signed.end();
  const validators = decodeValidatorSet(reader.message(2, VALIDATOR_SET_BYTES_MAX));
  reader.end();
  return { header, commit, validators };
}

/**
 * Reads a light block; one value has one accepted encoding.
 *
 * @param bytes at most 64 KiB.
 * @returns LIGHT_BLOCK_TOO_LARGE, or LIGHT_BLOCK_MALFORMED for unknown, doubled, misplaced, oversized or otherwise spelt fields.
 */
export function decodeLightBlock(bytes: Bytes): Result<LightBlock> {
  if (bytes.length > LIGHT_BLOCK_BYTES_MAX) {
    return refuse('LIGHT_BLOCK_TOO_LARGE', { lightBlockBytes: bytes.length, lightBlockBytesMax: LIGHT_BLOCK_BYTES_MAX });
  }
  try {
    const block = decodeMessage(bytes);
    if (equalBytes(encodeLightBlock(block), bytes)) return accept(block);
    return refuse('LIGHT_BLOCK_MALFORMED', { reason: 'not the canonical encoding' });
  } catch (error) {
    if (error instanceof WireError) return refuse('LIGHT_BLOCK_MALFORMED', { reason: error.message });
    throw error;
  }
}

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { accept, type Bytes, concatBytes, type Result, refuse, SIGNATURE_BYTES } from '@civitas/canon';
import { BUNDLE_BYTES_MAX } from '../../core/ledger/limits.ts';

// Protocol Buffers have no field 0, so no plain bundle begins so.
const MARK = Uint8Array.of(0, 1);
const CONTENT_AT = MARK.length + SIGNATURE_BYTES;
/** Fastest: of operations, which are mostly random text and repeated names, higher levels take off 4 % for three times the time. */
const LEVEL = 1;
/** More than most bundles unpack to: what fits one chunk is neither copied nor followed by an empty one. */
const INFLATED_BYTES_PER_PACKED = 4;
const INFLATED_CHUNK_BYTES_MIN = 1_024;

/** A bundle on its way through an engine: raw DEFLATE (RFC 1951) of its encoding without signature, and the gateway's signature over that. */
export interface PackedBundle {
  /** 64 bytes, over core's packedBundleSignBytes. */
  readonly signature: Bytes;
  readonly content: Bytes;
}

/** DEFLATE of a bundle's encoding without signature: what its gateway signs. */
export function packedContentOf(unsigned: Bytes): Bytes {
  return deflateRawSync(unsigned, { level: LEVEL });
}

export function encodePackedBundle({ signature, content }: PackedBundle): Bytes {
  return concatBytes(MARK, signature, content);
}

export function isPackedBundle(bytes: Bytes): boolean {
  return MARK.every((byte, at) => bytes[at] === byte);
}

function inflate(content: Bytes): Result<Bytes> {
  try {
    const chunkSize = Math.min(Math.max(content.length * INFLATED_BYTES_PER_PACKED, INFLATED_CHUNK_BYTES_MIN), BUNDLE_BYTES_MAX + 1);
    const options = { maxOutputLength: BUNDLE_BYTES_MAX, chunkSize, info: true };
    // With `info` the answer also tells how much was read, which its type does not.
    const inflated: unknown = inflateRawSync(content, options);
    const { buffer, engine } = inflated as { buffer: Buffer; engine: { bytesWritten: number } };
    if (engine.bytesWritten !== content.length) return refuse('BUNDLE_MALFORMED', { reason: 'bytes after what is packed' });
    return accept(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length));
  } catch (error) {
    if ((error as Error).name === 'RangeError') return refuse('BUNDLE_TOO_LARGE', { bundleBytesMax: BUNDLE_BYTES_MAX });
    return refuse('BUNDLE_MALFORMED', { reason: 'not what DEFLATE packs' });
  }
}

/** @returns the encoding without signature, or BUNDLE_TOO_LARGE or BUNDLE_MALFORMED; never makes more than BUNDLE_BYTES_MAX of it. */
export function openPackedBundle(bytes: Bytes): Result<PackedBundle & { readonly unsigned: Bytes }> {
  const content = bytes.subarray(CONTENT_AT);
  const unsigned = inflate(content);
  if (!unsigned.ok) return unsigned;
  return accept({ signature: bytes.subarray(MARK.length, CONTENT_AT), content, unsigned: unsigned.value });
}

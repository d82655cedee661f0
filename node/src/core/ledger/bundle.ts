import { type Bytes, concatBytes, type Envelope, envelopeHash, type Sha256, utf8Encode } from '@civitas/canon';

/** An envelope with its hash, which is computed once on its way through a ledger. */
export interface HashedEnvelope {
  readonly envelope: Envelope;
  readonly hash: Bytes;
}

export function hashedEnvelope(sha256: Sha256, envelope: Envelope): HashedEnvelope {
  return { envelope, hash: envelopeHash(sha256, envelope) };
}

/** A bundle as the host's strict decoder hands it over; its bytes are within BUNDLE_BYTES_MAX and say exactly this. */
export interface Bundle {
  readonly chainId: string;
  /** Organisation whose gateway submits it. */
  readonly gateway: string;
  readonly keyId: string;
  readonly operations: readonly HashedEnvelope[];
  /** Over bundleSignBytes, by the gateway's operation key. */
  readonly signature: Bytes;
}

const BUNDLE_DOMAIN = utf8Encode('civitas/bundle/v1\n');

/**
 * What a gateway signs: the chain id's length (32-bit big-endian) and bytes, then the envelope hashes in order.
 *
 * @param envelopeHashes canon's envelopeHash of each operation, 32 bytes each.
 */
export function bundleSignBytes(chainId: string, envelopeHashes: readonly Bytes[]): Bytes {
  const name = utf8Encode(chainId);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, name.length);
  return concatBytes(BUNDLE_DOMAIN, length, name, ...envelopeHashes);
}

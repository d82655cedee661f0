import { accept, type Bytes, equalBytes, type KeyId, type Result, refuse, type Sha256 } from '@civitas/canon';
import { Bundle as WireBundle } from '@civitas/proto/civitas/ledger/v1/operation';
import { type Bundle, hashedEnvelope } from '../../core/ledger/bundle.ts';
import { BUNDLE_BYTES_MAX } from '../../core/ledger/limits.ts';

function decodeWire(bytes: Bytes): WireBundle | undefined {
  try {
    return WireBundle.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Reads a bundle strictly: BUNDLE_TOO_LARGE, or BUNDLE_MALFORMED for bytes that are not their message's only encoding. */
export function decodeBundle(sha256: Sha256, bytes: Bytes): Result<Bundle> {
  if (bytes.length > BUNDLE_BYTES_MAX) return refuse('BUNDLE_TOO_LARGE', { bundleBytes: bytes.length, bundleBytesMax: BUNDLE_BYTES_MAX });
  const wire = decodeWire(bytes);
  if (wire === undefined) return refuse('BUNDLE_MALFORMED', { reason: 'not a bundle' });
  if (!equalBytes(WireBundle.encode(wire).finish(), bytes)) return refuse('BUNDLE_MALFORMED', { reason: 'not the canonical encoding' });
  if (wire.operations.some(({ shared }) => shared !== undefined))
    return refuse('BUNDLE_MALFORMED', { reason: 'shared signatures are reserved' });
  const { chainId, gateway, keyId, signature } = wire;
  const operations = wire.operations.map((signed) =>
    hashedEnvelope(sha256, {
      body: signed.body,
      signature: signed.signature,
      coSignatures: signed.coSignatures.map((co) => ({ keyId: co.keyId as KeyId, signature: co.signature })),
    }),
  );
  return accept({ chainId, gateway, keyId, operations, signature });
}

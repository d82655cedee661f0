import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { type Bytes, concatBytes } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { Bundle as WireBundle } from '@civitas/proto/civitas/ledger/v1/operation';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { signBytesOf } from '../../core/ledger/bundle.ts';
import { BUNDLE_BYTES_MAX } from '../../core/ledger/limits.ts';
import { decodeBundle, plainBundleOf } from './bundle-codec.ts';
import { aBundle, aNetwork, anEnvelope, aPackedBundle, founderKey, signedTogether } from './ledger-fixture.ts';
import { encodePackedBundle, isPackedBundle, openPackedBundle, packedContentOf } from './packed-bundle.ts';

const { sha256, verifyEd25519 } = nodeCrypto;
const network = aNetwork('jincheng-health-1');
const alone = Array.from({ length: 3 }, (_, intent) => anEnvelope(network, { expiresAtUnixMs: 1, intent }));
const together = signedTogether(
  network,
  Array.from({ length: 5 }, (_, intent) => anEnvelope(network, { expiresAtUnixMs: 1, intent: 10 + intent })),
);
const envelopes = [...alone, ...together];
const signature = new Uint8Array(64);

function refusalOf(bytes: Bytes): unknown {
  const read = decodeBundle(sha256, bytes);
  return read.ok ? 'read' : [read.refusal.code, read.refusal.facts['reason']];
}

const packed = (unsigned: Bytes): Bytes => encodePackedBundle({ signature, content: packedContentOf(unsigned) });
const unsigned = WireBundle.encode({ ...WireBundle.decode(aBundle(network, envelopes)), signature: new Uint8Array(0) }).finish();

describe('a packed bundle', () => {
  test('says what the plain one says, under a signature over how it is packed', () => {
    const [plain, other] = [decodeBundle(sha256, aBundle(network, envelopes)), decodeBundle(sha256, aPackedBundle(network, envelopes))];
    if (!plain.ok || !other.ok) throw new Error('not read');

    const { signature: own, packedHash, ...said } = other.value;
    expect(said.operations.map(({ hash }) => hash)).toEqual(plain.value.operations.map(({ hash }) => hash));
    expect(said).toMatchObject({ chainId: 'jincheng-health-1', gateway: 'founder', keyId: founderKey.keyId });
    expect(packedHash).toHaveLength(32);
    expect(plain.value.packedHash).toBeUndefined();
    expect(verifyEd25519(signBytesOf(other.value), own, founderKey.publicKey)).toBe(true);
  });

  test('is shorter where operations resemble each other, and is unpacked for who reads blocks', () => {
    const bytes = aPackedBundle(network, envelopes);

    expect(bytes.length).toBeLessThan(0.7 * aBundle(network, envelopes).length);
    expect(Buffer.from(plainBundleOf(bytes)).equals(unsigned)).toBe(true);
    expect(plainBundleOf(unsigned)).toBe(unsigned);
    expect(plainBundleOf(Uint8Array.of(0, 1, 2))).toHaveLength(0);
  });

  test('of the same operations packed in another way needs another signature', () => {
    const bytes = aPackedBundle(network, envelopes);
    const opened = openPackedBundle(bytes);
    if (!opened.ok) throw new Error('not opened');
    const again = deflateRawSync(opened.value.unsigned, { level: 9 });
    const copy = decodeBundle(sha256, encodePackedBundle({ signature: opened.value.signature, content: again }));
    if (!copy.ok) throw new Error('not read');

    expect(copy.value.operations).toHaveLength(envelopes.length);
    const { signature: own } = copy.value;
    expect(verifyEd25519(signBytesOf(copy.value), own, founderKey.publicKey)).toBe(false);
  });

  test.each<[string, Bytes, unknown]>([
    ['nothing', Uint8Array.of(0, 1), ['BUNDLE_MALFORMED', 'not what DEFLATE packs']],
    ['half a signature', Uint8Array.of(0, 1, ...new Uint8Array(30)), ['BUNDLE_MALFORMED', 'not what DEFLATE packs']],
    ['what is cut off', packed(unsigned).subarray(0, -1), ['BUNDLE_MALFORMED', 'not what DEFLATE packs']],
    ['bytes after it', concatBytes(packed(unsigned), Uint8Array.of(0)), ['BUNDLE_MALFORMED', 'bytes after what is packed']],
    ['another signature inside', packed(aBundle(network, envelopes)), ['BUNDLE_MALFORMED', 'a signature inside what is packed']],
    ['what is no bundle', packed(Uint8Array.of(1, 2, 3)), ['BUNDLE_MALFORMED', 'not the canonical encoding of a bundle']],
    ['what was packed already', packed(packed(unsigned)), ['BUNDLE_MALFORMED', 'not the canonical encoding of a bundle']],
    ['more than a bundle holds', packed(new Uint8Array(BUNDLE_BYTES_MAX + 1)), ['BUNDLE_TOO_LARGE', undefined]],
    ['gigabytes, as far as a bundle goes', packed(new Uint8Array(64 * BUNDLE_BYTES_MAX)), ['BUNDLE_TOO_LARGE', undefined]],
  ])('is refused with %s', (_, bytes, expected) => {
    expect(isPackedBundle(bytes)).toBe(true);
    expect(refusalOf(bytes)).toEqual(expected);
  });

  test('of any bytes is read or refused, and with a bit flipped never holds under its signature', () => {
    const source = aPackedBundle(network, envelopes);
    const holds = (bytes: Bytes): boolean => {
      const read = decodeBundle(sha256, bytes);
      if (!read.ok) return false;
      return verifyEd25519(signBytesOf(read.value), read.value.signature, founderKey.publicKey);
    };
    expect(holds(source)).toBe(true);
    fc.assert(
      fc.property(fc.nat(8 * source.length - 1), (bit) => {
        const flipped = Uint8Array.from(source);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(holds(flipped)).toBe(false);
      }),
      { numRuns: 400 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(typeof decodeBundle(sha256, concatBytes(Uint8Array.of(0, 1), bytes)).ok).toBe('boolean');
      }),
      { numRuns: 400 },
    );
  });

  test('keeps what cannot be packed shorter at its length and a few bytes', () => {
    const noise = randomBytes(1_000);
    expect(packedContentOf(noise).length).toBeLessThan(1_020);
  });
});

import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { concatBytes } from './bytes.ts';
import { hashParts, hashSizedParts } from './hash-parts.ts';
import { nodeCrypto } from './node.ts';

const { sha256 } = nodeCrypto;

test('parts hash to what they hash to when joined', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (parts) => {
      expect(hashParts(sha256, ...parts)).toEqual(sha256(concatBytes(...parts)));
    }),
  );
});

test.each([16_383, 16_384, 16_385, 100_000])('%d bytes in two parts hash as one', (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => i % 251);

  expect(hashParts(sha256, bytes.subarray(0, 5), bytes.subarray(5))).toEqual(sha256(bytes));
});

test('one hash leaves nothing behind in the next', () => {
  hashParts(sha256, new Uint8Array(500).fill(9));

  expect(hashParts(sha256, Uint8Array.of(1))).toEqual(sha256(Uint8Array.of(1)));
  expect(hashParts(sha256)).toEqual(sha256(new Uint8Array(0)));
});

test('sized parts hash to what they hash to when joined behind their lengths', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(8_000, 16_384, 70_000).map((length) => new Uint8Array(length).fill(7)),
  );
  const sized = (pieces: readonly Uint8Array[]): Uint8Array => {
    const joined = concatBytes(...pieces);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, joined.length);
    return concatBytes(length, joined);
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(fc.array(piece, { maxLength: 3 }), { maxLength: 4 }), (domain, parts) => {
      expect(hashSizedParts(sha256, domain, parts)).toEqual(sha256(concatBytes(domain, ...parts.map(sized))));
    }),
  );
});

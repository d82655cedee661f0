import { readFileSync } from 'node:fs';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import type { Bytes } from './bytes.ts';
import { type Envelope, envelopeHash } from './envelope.ts';
import { hexDecode, hexEncode } from './hex.ts';
import { invariant } from './invariant.ts';
import { SHARED_OPERATIONS_MAX } from './limits.ts';
import type { MerklePath } from './merkle.ts';
import { ed25519FromSeed, nodeCrypto, signEd25519 } from './node.ts';
import { operationHash, operationSignBytes } from './operation.ts';
import {
  type OperationSignature,
  sharedBatchOf,
  sharedPathsOf,
  sharedPlaceOf,
  sharedSignBytes,
  verifyOperationSignature,
} from './shared-signature.ts';
import { utf8Encode } from './utf8.ts';

const { sha256 } = nodeCrypto;
const CHAIN = 'jincheng-health-1';
const pair = ed25519FromSeed(new Uint8Array(32).fill(7));

interface VectorBatch {
  readonly total: number;
  readonly root: string;
  readonly signBytes: string;
  readonly signature: string;
  readonly operations: readonly {
    readonly index: number;
    readonly body: string;
    readonly operationHash: string;
    readonly path: readonly string[];
    readonly envelopeHash: string;
  }[];
}
const vectors: { chainId: string; publicKey: string; batches: readonly VectorBatch[] } = JSON.parse(
  readFileSync(new URL('../../../test/vectors/shared-signature/batches.json', import.meta.url), 'utf8'),
);

function bytes(hex: string): Bytes {
  const decoded = hexDecode(hex);
  invariant(decoded !== undefined, 'vector is not hexadecimal');
  return decoded;
}

const bodiesOf = (total: number): Bytes[] => Array.from({ length: total }, (_, n) => utf8Encode(`{"n":${n}}`));
const hashesOf = (bodies: readonly Bytes[]): Bytes[] => bodies.map((body) => operationHash(sha256, body));

interface Standing {
  readonly chainId: string;
  readonly body: Bytes;
  readonly own: OperationSignature & { readonly shared: MerklePath };
}

/** Each operation of a batch as it stands alone. */
function standing(bodies: readonly Bytes[]): Standing[] {
  const { paths, ...batch } = sharedPathsOf(sha256, hashesOf(bodies));
  const signature = signEd25519(pair.privateKey, sharedSignBytes(CHAIN, batch));
  return bodies.flatMap((body, at) => {
    const shared = paths[at];
    return shared === undefined ? [] : [{ chainId: CHAIN, body, own: { signature, publicKey: pair.publicKey, shared } }];
  });
}

const isValid = ({ chainId, body, own }: Standing): boolean => verifyOperationSignature(nodeCrypto, { chainId, body }, own).ok;

function flipped(source: Bytes, bit: number): Bytes {
  const copy = Uint8Array.from(source);
  const at = Math.floor(bit / 8) % copy.length;
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
}

describe('the vectors of another implementation', () => {
  test.each(vectors.batches.map((batch) => [batch.total, batch] as const))(
    'of %d operations give root, signed bytes, paths and envelope hashes',
    (total, batch) => {
      const { paths, ...own } = sharedPathsOf(sha256, hashesOf(bodiesOf(total)));

      expect(hexEncode(own.root)).toBe(batch.root);
      expect(hexEncode(sharedSignBytes(vectors.chainId, own))).toBe(batch.signBytes);
      for (const { index, body, path, ...vector } of batch.operations) {
        const hash = operationHash(sha256, utf8Encode(body));
        const shared = { index, total, siblings: path.map(bytes) };
        const envelope: Envelope = {
          body: utf8Encode(body),
          signature: bytes(batch.signature),
          shared: { index, ...own },
          coSignatures: [],
        };
        const signed = { signature: bytes(batch.signature), publicKey: bytes(vectors.publicKey), shared };

        expect(hexEncode(hash)).toBe(vector.operationHash);
        expect(paths[index]).toEqual(shared);
        expect(hexEncode(envelopeHash(sha256, envelope))).toBe(vector.envelopeHash);
        expect(verifyOperationSignature(nodeCrypto, { chainId: vectors.chainId, body: utf8Encode(body) }, signed).ok).toBe(true);
      }
    },
  );
});

describe('an operation under a shared signature', () => {
  test('verifies alone, in batches of every size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: SHARED_OPERATIONS_MAX }), fc.nat(), (total, pick) => {
        const all = standing(bodiesOf(total));
        const one = all[pick % total];
        invariant(one !== undefined, 'an operation of the batch');
        expect(isValid(one)).toBe(true);
        expect(one.own.shared.siblings.length).toBeLessThanOrEqual(8);
      }),
      { numRuns: 60 },
    );
    expect(standing(bodiesOf(19)).every(isValid)).toBe(true);
  });

  test('does not verify with any bit of body, path, signature or key flipped', () => {
    const all = [2, 3, 7, 64, 100, 256].flatMap((total) => standing(bodiesOf(total)).slice(-1));
    fc.assert(
      fc.property(
        fc.constantFrom(...all),
        fc.constantFrom('body', 'signature', 'publicKey', 'path'),
        fc.nat(),
        fc.nat(),
        (one, field, bit, level) => {
          const { own } = one;
          const siblings = own.shared.siblings.map((hash, at) => (at === level % own.shared.siblings.length ? flipped(hash, bit) : hash));
          const changed = {
            body: { ...one, body: flipped(one.body, bit) },
            signature: { ...one, own: { ...own, signature: flipped(own.signature, bit) } },
            publicKey: { ...one, own: { ...own, publicKey: flipped(own.publicKey, bit) } },
            path: { ...one, own: { ...own, shared: { ...own.shared, siblings } } },
          }[field];
          expect(isValid(changed)).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('does not verify at any other index or total, nor on another network', () => {
    for (const total of [2, 3, 5, 8, 9, 16]) {
      for (const one of standing(bodiesOf(total))) {
        const { shared } = one.own;
        const at = (change: Partial<MerklePath>): Standing => ({ ...one, own: { ...one.own, shared: { ...shared, ...change } } });
        for (let index = -1; index <= total; index++) expect(isValid(at({ index }))).toBe(index === shared.index);
        for (let other = 0; other <= 2 * total; other++) expect(isValid(at({ total: other }))).toBe(other === total);
        expect(isValid(at({ siblings: shared.siblings.slice(1) }))).toBe(false);
        expect(isValid(at({ siblings: [...shared.siblings, new Uint8Array(32)] }))).toBe(false);
        expect(isValid({ ...one, chainId: 'jincheng-health-2' })).toBe(false);
      }
    }
  });

  test('does not verify with the path of another operation, or of another batch', () => {
    const [first, second] = standing(bodiesOf(4));
    const [other] = standing(bodiesOf(5));
    invariant(first !== undefined && second !== undefined && other !== undefined, 'operations of a batch');

    expect(isValid({ ...first, body: second.body })).toBe(false);
    expect(isValid({ ...first, own: { ...first.own, shared: other.own.shared } })).toBe(false);
    expect(isValid({ ...first, own: { ...first.own, signature: other.own.signature } })).toBe(false);
  });

  test('is not covered by an inner node that passes as an operation, nor by a signature over an operation alone', () => {
    const all = standing(bodiesOf(4));
    const [one] = all;
    invariant(one !== undefined, 'an operation of the batch');
    const [, upper] = one.own.shared.siblings;
    invariant(upper !== undefined, 'two levels');
    const shortened = { index: 0, total: 2, siblings: [upper] };
    const alone = signEd25519(pair.privateKey, operationSignBytes(one.body));

    expect(isValid({ ...one, own: { ...one.own, shared: shortened } })).toBe(false);
    expect(isValid({ ...one, own: { ...one.own, signature: alone } })).toBe(false);
    expect(verifyOperationSignature(nodeCrypto, one, { ...one.own, shared: undefined })).toMatchObject({
      refusal: { code: 'SIGNATURE_INVALID' },
    });
    expect(verifyOperationSignature(nodeCrypto, one, { ...one.own, signature: alone, shared: undefined }).ok).toBe(true);
  });
});

describe('the form of a shared signature', () => {
  const hash = operationHash(sha256, utf8Encode('{}'));
  const hashes = (count: number): Bytes[] => Array.from({ length: count }, () => new Uint8Array(32));

  test.each([0, 1, 257])('a batch of %d is refused with SIGNATURE_FORM', (total) => {
    expect(sharedBatchOf(sha256, hashes(total))).toMatchObject({ ok: false, refusal: { code: 'SIGNATURE_FORM' } });
  });

  test.each<[string, MerklePath]>([
    ['total 0', { index: 0, total: 0, siblings: [] }],
    ['total 1', { index: 0, total: 1, siblings: [] }],
    ['total 257', { index: 0, total: 257, siblings: hashes(9) }],
    ['an index at the total', { index: 2, total: 2, siblings: hashes(1) }],
    ['an index that is no integer', { index: 0.5, total: 2, siblings: hashes(1) }],
    ['a path too short', { index: 0, total: 4, siblings: hashes(1) }],
    ['a path too long', { index: 0, total: 4, siblings: hashes(3) }],
    ['a hash of 31 bytes', { index: 0, total: 2, siblings: [new Uint8Array(31)] }],
  ])('%s is refused with SIGNATURE_FORM', (_, path) => {
    expect(sharedPlaceOf(sha256, hash, path)).toMatchObject({ ok: false, refusal: { code: 'SIGNATURE_FORM' } });
  });

  test('a signature of 63 bytes is refused with SIGNATURE_FORM', () => {
    const own = { signature: new Uint8Array(63), publicKey: pair.publicKey, shared: undefined };
    expect(verifyOperationSignature(nodeCrypto, { chainId: CHAIN, body: utf8Encode('{}') }, own)).toMatchObject({
      refusal: { code: 'SIGNATURE_FORM' },
    });
  });

  test('every part of the envelope changes its hash, and the form alone does too', () => {
    const shared = { index: 0, total: 2, root: new Uint8Array(32) };
    const envelope: Envelope = { body: utf8Encode('{}'), signature: new Uint8Array(64), shared, coSignatures: [] };
    const variants: Envelope[] = [
      envelope,
      { ...envelope, shared: undefined },
      { ...envelope, body: utf8Encode('{"a":1}') },
      { ...envelope, signature: new Uint8Array(64).fill(1) },
      { ...envelope, shared: { ...shared, index: 1 } },
      { ...envelope, shared: { ...shared, total: 3 } },
      { ...envelope, shared: { ...shared, root: new Uint8Array(32).fill(1) } },
    ];

    expect(new Set(variants.map((variant) => hexEncode(envelopeHash(sha256, variant)))).size).toBe(variants.length);
    expect(envelopeHash(sha256, envelope, operationHash(sha256, envelope.body))).toEqual(envelopeHash(sha256, envelope));
  });
});

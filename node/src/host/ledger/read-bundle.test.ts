import type { Bytes } from '@civitas/canon';
import { Bundle as WireBundle } from '@civitas/proto/civitas/ledger/v1/operation';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { readBundle } from './read-bundle.ts';

const bytes = fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ minLength: 120, maxLength: 140 }));
const text = fc.oneof(fc.constantFrom('', 'jincheng-health-1', '\ufeffa', 'a\ufeff', '\u0080', '汉字😀'), fc.string({ unit: 'grapheme' }));
const number = fc.oneof(fc.constantFrom(0, 1, 127, 128, 16_384, 2 ** 31, 2 ** 32 - 1), fc.nat());
const shared = fc.record({ signature: bytes, index: number, total: number, path: fc.array(bytes, { maxLength: 3 }) });
const operation = fc.record({
  body: bytes,
  signature: bytes,
  coSignatures: fc.array(fc.record({ keyId: text, signature: bytes }), { maxLength: 2 }),
  shared: fc.option(shared, { nil: undefined }),
});
const bundle: fc.Arbitrary<WireBundle> = fc.record({
  chainId: text,
  gateway: text,
  keyId: text,
  operations: fc.array(operation, { maxLength: 3 }),
  signature: bytes,
  groups: fc.array(fc.record({ first: number, count: number, signature: bytes }), { maxLength: 3 }),
});

/** What the generated codec says of it: the rule that this reader stands for. */
function isCanonical(source: Bytes): boolean {
  try {
    return Buffer.compare(WireBundle.encode(WireBundle.decode(source)).finish(), source) === 0;
  } catch {
    return false;
  }
}

function without(source: Bytes, at: number, count: number): Bytes {
  return Uint8Array.from([...source.subarray(0, at), ...source.subarray(at + count)]);
}

const change = fc.record({ kind: fc.constantFrom('set', 'insert', 'remove', 'twice', 'cut'), at: fc.nat(), byte: fc.nat(255) });

function changed(source: Bytes, { kind, at, byte }: { readonly kind: string; readonly at: number; readonly byte: number }): Bytes {
  const place = source.length === 0 ? 0 : at % source.length;
  const [before, after] = [source.subarray(0, place), source.subarray(place)];
  if (kind === 'set') return Uint8Array.from([...before, byte, ...after.subarray(1)]);
  if (kind === 'insert') return Uint8Array.from([...before, byte, ...after]);
  if (kind === 'twice') return Uint8Array.from([...before, ...after.subarray(0, 1 + (byte % 8)), ...after]);
  return kind === 'cut' ? before : without(source, place, 1 + (byte % 4));
}

describe('a bundle', () => {
  test('is read as the generated codec reads it, where that writes the same bytes again', () => {
    fc.assert(
      fc.property(bundle, (wire) => {
        const source = WireBundle.encode(wire).finish();

        expect(readBundle(source)).toEqual(isCanonical(source) ? WireBundle.decode(source) : undefined);
      }),
    );
  });

  test('of any other bytes is refused exactly where that does not', () => {
    fc.assert(
      fc.property(bundle, fc.array(change, { minLength: 1, maxLength: 3 }), (wire, changes) => {
        const source = changes.reduce(changed, WireBundle.encode(wire).finish());

        expect(readBundle(source) !== undefined).toBe(isCanonical(source));
      }),
      { numRuns: 1500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (source) => {
        expect(readBundle(source) !== undefined).toBe(isCanonical(source));
      }),
      { numRuns: 1500 },
    );
  });

  test.each<[string, readonly number[]]>([
    ['a default that is written', [0x0a, 0]],
    ['a field twice', [0x0a, 1, 0x61, 0x0a, 1, 0x61]],
    ['fields out of order', [0x12, 1, 0x61, 0x0a, 1, 0x61]],
    ['an unknown field', [0x38, 1]],
    ['a known field of another kind', [0x08, 1]],
    ['a length longer than it needs', [0x0a, 0x81, 0, 0x61]],
    ['a length without end', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a length beyond 32 bits', [0x0a, 0x81, 0x80, 0x80, 0x80, 0x10, 0x61]],
    ['bytes beyond the bundle', [0x0a, 2, 0x61]],
    ['bytes beyond their operation', [0x22, 2, 0x0a, 1, 0x61]],
    ['an operation beyond the bundle', [0x22, 3, 0x0a, 1]],
    ['a zero that is written', [0x32, 2, 0x08, 0]],
    ['text that is no UTF-8', [0x0a, 1, 0xff]],
    ['half a field', [0x0a]],
  ])('with %s has another encoding', (_, source) => {
    expect(isCanonical(Uint8Array.from(source))).toBe(false);
    expect(readBundle(Uint8Array.from(source))).toBeUndefined();
  });

  test('of nothing, of empty operations and of empty elements is read', () => {
    expect(readBundle(new Uint8Array(0))).toMatchObject({ chainId: '', operations: [], groups: [] });
    expect(readBundle(Uint8Array.of(0x22, 0, 0x22, 4, 0x22, 2, 0x22, 0))?.operations).toMatchObject([
      { shared: undefined },
      { shared: { path: [{ length: 0 }] } },
    ]);
  });
});

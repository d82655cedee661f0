import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { base64urlDecode, base64urlEncode, isBase64url } from './base64url.ts';
import { byteAt, compareBytes, concatBytes, equalBytes } from './bytes.ts';
import { hexDecode, hexEncode } from './hex.ts';
import { InvariantError } from './invariant.ts';
import { nodeUtf8 } from './node.ts';
import { pureUtf8 } from './utf8.ts';

describe.each([
  ['own code', pureUtf8],
  ["Node's", nodeUtf8],
])('UTF-8 by %s', (_, { encode: utf8Encode, decode: utf8Decode }) => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const platformDecode = (bytes: Uint8Array): string | undefined => {
    try {
      return strict.decode(bytes);
    } catch {
      return undefined;
    }
  };

  test('text is encoded as the platform does, and read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const bytes = utf8Encode(text);
        expect(bytes).toEqual(new Uint8Array(new TextEncoder().encode(text)));
        expect(utf8Decode(bytes)).toBe(text);
      }),
    );
  });

  test('bytes are accepted and refused as the strict platform decoder does', () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 12 }), (list) => {
        const bytes = Uint8Array.from(list);
        expect(utf8Decode(bytes)).toBe(platformDecode(bytes));
      }),
      { numRuns: 5000 },
    );
  });

  test('long text that is not ASCII is read back', () => {
    const text = '汉字😀a'.repeat(20_000);

    expect(utf8Decode(utf8Encode(text))).toBe(text);
  });

  test('a lone surrogate cannot be encoded', () => {
    expect(() => utf8Encode('a\ud800')).toThrow(RangeError);
  });
});

describe('base64url', () => {
  test('is the platform’s, and read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = base64urlEncode(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(base64urlDecode(text)).toEqual(bytes);
      }),
    );
  });

  test('whatever is accepted is its own encoding', () => {
    const characters = fc.constantFrom(...'ABCQwxyz019-_=+/ \n'.split(''));
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 10 }), (text) => {
        const bytes = base64urlDecode(text);
        expect(isBase64url(text)).toBe(bytes !== undefined);
        if (bytes !== undefined) expect(base64urlEncode(bytes)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['A', 'AB', 'AAB', 'AA==', 'A+AA', 'A/AA', 'AA A', 'AAAAA', 'ÄAAA'])('%j is refused', (text) => {
    expect(base64urlDecode(text)).toBeUndefined();
    expect(isBase64url(text)).toBe(false);
  });
});

test('hexadecimal is lower case only', () => {
  expect(hexEncode(Uint8Array.of(0, 171, 255))).toBe('00abff');
  expect(hexDecode('00abff')).toEqual(Uint8Array.of(0, 171, 255));
  for (const text of ['0', '0G', 'AB', ' 00']) expect(hexDecode(text)).toBeUndefined();
});

test('bytes compare by value, the shorter first', () => {
  const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)];

  expect(compareBytes(a, b)).toBeLessThan(0);
  expect(compareBytes(Uint8Array.of(255), Uint8Array.of(1, 0))).toBeGreaterThan(0);
  expect(equalBytes(a, b)).toBe(false);
  expect(equalBytes(concatBytes(a, Uint8Array.of(0)), b)).toBe(true);
  expect(() => byteAt(a, 2)).toThrow(InvariantError);
});

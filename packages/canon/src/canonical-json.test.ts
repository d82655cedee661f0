import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { concatBytes } from './bytes.ts';
import { canonicalBytesWithin, canonicalString, encodeCanonical, parseCanonical, tryEncodeCanonical } from './canonical-json.ts';
import { InvariantError } from './invariant.ts';
import { isJsonObject, type Json } from './json.ts';
import { JSON_BYTES_MAX, JSON_DEPTH_MAX } from './limits.ts';
import { utf8Encode } from './utf8.ts';

const text = fc.string({ unit: 'grapheme' });
const key = text.filter((name) => name !== '__proto__');
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Json>(null, true, false),
    fc.maxSafeInteger(),
    text,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5 }),
  ),
})).value;

function nested(depth: number): Json {
  let value: Json = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

describe('canonical JSON', () => {
  test('a value is read back as written, and the order of keys in memory does not matter', () => {
    fc.assert(
      fc.property(json, (value) => {
        const bytes = encodeCanonical(value);
        const parsed = parseCanonical(bytes);
        expect(parsed).toEqual({ ok: true, value });
        if (isJsonObject(value)) expect(encodeCanonical(Object.fromEntries(Object.entries(value).reverse()))).toEqual(bytes);
      }),
    );
  });

  test('what is within a limit is told without writing it, what is not by its size, and what has no canonical form is a bug as ever', () => {
    const odd = fc.constantFrom<unknown>(-0, 0.5, Number.NaN, undefined, 2 ** 53, new Map(), () => 1, 'ü', '"', '\ud800', {
      ['__proto__']: 1,
    });
    const any = fc.oneof(
      json,
      fc.anything(),
      fc.array(fc.oneof(json, odd)),
      fc.dictionary(key, odd),
      fc.constant(nested(JSON_DEPTH_MAX + 1)),
    );
    fc.assert(
      fc.property(any, fc.nat(200), (value, bytesMax) => {
        const encoded = tryEncodeCanonical(value);
        if (!encoded.ok) return expect(() => canonicalBytesWithin(value as Json, bytesMax)).toThrow(InvariantError);
        const bytes = canonicalBytesWithin(value as Json, bytesMax);
        expect(bytes > bytesMax).toBe(encoded.value.length > bytesMax);
        if (bytes > bytesMax) expect(bytes).toBe(encoded.value.length);
      }),
      { numRuns: 500 },
    );
    expect(canonicalBytesWithin(nested(JSON_DEPTH_MAX), 10_000)).toBeLessThanOrEqual(10_000);
  });

  test('whatever JSON text is accepted is its own canonical encoding', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 2), (value, indent) => {
        const bytes = utf8Encode(JSON.stringify(value, undefined, indent));
        const parsed = parseCanonical(bytes);
        if (parsed.ok) expect(encodeCanonical(parsed.value)).toEqual(bytes);
      }),
    );
  });

  test('keys that look like numbers, at any depth and in any order, stand as the others do', () => {
    const names = fc.constantFrom('0', '1', '10', '9', '01', '4294967295', '-1', '1a', 'a', 'Z', '', 'é', 'toString', 'constructor');
    const tree: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom<Json>(null, 7, 'x\\ud800', 'ü'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(names, tie('value'), { maxKeys: 4 }),
      ),
    })).value;
    const plain = (value: Json): string => {
      if (Array.isArray(value)) return `[${value.map(plain).join(',')}]`;
      if (!isJsonObject(value)) return JSON.stringify(value);
      const members = Object.keys(value).sort();
      return `{${members.map((name) => `${JSON.stringify(name)}:${plain(value[name] ?? null)}`).join(',')}}`;
    };
    fc.assert(
      fc.property(tree, (value) => expect(canonicalString(value)).toBe(plain(value))),
      { numRuns: 500 },
    );
  });

  test('objects that differ in one name, or in the order of their names, are each written as they are', () => {
    const made = (names: readonly string[]): Json => Object.fromEntries(names.map((name, at) => [name, at]));
    for (let turn = 0; turn < 3; turn++) {
      expect(canonicalString(made(['b', 'x', 'a']))).toBe('{"a":2,"b":0,"x":1}');
      expect(canonicalString(made(['b', 'y', 'a']))).toBe('{"a":2,"b":0,"y":1}');
      expect(canonicalString(made(['a', 'x', 'b']))).toBe('{"a":0,"b":2,"x":1}');
      expect(canonicalString(made(['a', 'b', 'x']))).toBe('{"a":0,"b":1,"x":2}');
      expect(canonicalString({ a: made(['d', 'c']), b: [made(['f', 'e']), 1] })).toBe('{"a":{"c":1,"d":0},"b":[{"e":1,"f":0},1]}');
    }
  });

  test('more names, and longer ones, than are remembered are written all the same', () => {
    const names = Array.from({ length: 300 }, (_, at) => `n${at}${'x'.repeat(at)}`);
    const value = Object.fromEntries(names.map((name, at) => [name, at]));

    expect(canonicalString(value)).toBe(
      `{${[...names]
        .sort()
        .map((name) => `"${name}":${names.indexOf(name)}`)
        .join(',')}}`,
    );
  });

  test('writing a value leaves it as it was', () => {
    const value = { b: { d: 1, c: [{ f: 2, e: 3 }] }, a: 4 };
    canonicalString(value);

    expect(JSON.stringify(value)).toBe('{"b":{"d":1,"c":[{"f":2,"e":3}]},"a":4}');
  });

  test('keys stand in order of UTF-16 code units (RFC 8785 section 3.2.3)', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7, '10': 8, '9': 9 };

    expect(canonicalString(value)).toBe('{"\\r":2,"1":4,"10":8,"9":9,"\u0080":6,"ö":7,"€":1,"\u{1f600}":5,"\ufb33":3}');
    expect(parseCanonical(encodeCanonical(value)).ok).toBe(true);
  });

  test('text is escaped as RFC 8785 section 3.2.2.2 says', () => {
    expect(canonicalString('€$\u000f\nA\'B"\\\\"/\u2028')).toBe('"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028"');
    expect(canonicalString('a\\ud800b')).toBe('"a\\\\ud800b"');
  });

  test.each([
    ['a space', '{"a": 1}'],
    ['keys out of order', '{"b":1,"a":2}'],
    ['a doubled key', '{"a":1,"a":1}'],
    ['a float', '1.5'],
    ['a float that is an integer', '1.0'],
    ['an exponent', '1e3'],
    ['minus zero', '-0'],
    ['an integer above 2^53 - 1', '9007199254740992'],
    ['an unneeded escape', '"\\u0061"'],
    ['an escaped slash', '"\\/"'],
    ['a lone surrogate', '"\\ud800"'],
    ['a lone surrogate in a key', '{"\\udc00":1}'],
    ['the key __proto__', '{"__proto__":1}'],
    ['a trailing newline', '1\n'],
  ])('%s is refused with JSON_NOT_CANONICAL', (_, source) => {
    expect(parseCanonical(utf8Encode(source))).toMatchObject({ ok: false, refusal: { code: 'JSON_NOT_CANONICAL' } });
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['half an object', utf8Encode('{"a":')],
    ['a bare word', utf8Encode('undefined')],
    ['a byte order mark', concatBytes(Uint8Array.of(0xef, 0xbb, 0xbf), utf8Encode('1'))],
    ['an overlong sequence', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
    ['an encoded surrogate', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
  ])('%s is refused with JSON_MALFORMED', (_, bytes) => {
    expect(parseCanonical(bytes)).toMatchObject({ ok: false, refusal: { code: 'JSON_MALFORMED' } });
  });

  test('32 levels are read, 33 are not, and a million neither', () => {
    expect(parseCanonical(encodeCanonical(nested(JSON_DEPTH_MAX))).ok).toBe(true);
    expect(tryEncodeCanonical(nested(JSON_DEPTH_MAX + 1))).toMatchObject({ ok: false, refusal: { code: 'JSON_NOT_CANONICAL' } });
    const deep = '['.repeat(500_000) + ']'.repeat(500_000);
    expect(parseCanonical(utf8Encode(deep)).ok).toBe(false);
  });

  test('more bytes than the limit are refused before they are looked at', () => {
    expect(parseCanonical(new Uint8Array(JSON_BYTES_MAX + 1))).toMatchObject({ refusal: { code: 'JSON_TOO_LARGE' } });
    expect(parseCanonical(utf8Encode('"abc"'), 4)).toMatchObject({ refusal: { code: 'JSON_TOO_LARGE', facts: { bytes: 5, bytesMax: 4 } } });
  });

  test.each([
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['undefined in an array', [undefined]],
    ['undefined in an object', { a: undefined }],
    ['a hole', Array(1)],
    ['NaN', Number.NaN],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['bytes', new Uint8Array(1)],
  ])('%s has no canonical form', (_, value) => {
    expect(tryEncodeCanonical(value)).toMatchObject({ ok: false, refusal: { code: 'JSON_NOT_CANONICAL' } });
  });

  test('our own code handing over such a value is a bug', () => {
    expect(() => encodeCanonical(1.5)).toThrow(InvariantError);
  });
});

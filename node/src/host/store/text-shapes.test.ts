import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlEncode, encodeCanonical, type Json } from '@civitas/canon';
import { fc } from '@civitas/testkit/properties';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, open, type RootDatabase } from 'lmdb';
import { BLANKS_MAX, SHAPE_BYTES_MAX, SHAPES_MAX, SHAPES_SEEN_MAX } from './limits.ts';
import { TextShapes } from './text-shapes.ts';

let folder: string;
let root: RootDatabase<Buffer, Buffer>;
let db: Database<Buffer, Buffer>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-shapes-'));
  root = open<Buffer, Buffer>({ path: join(folder, 'shapes.mdb'), keyEncoding: 'binary', encoding: 'binary' });
  db = root.openDB<Buffer, Buffer>({ name: 'shapes', keyEncoding: 'binary', encoding: 'binary' });
});

afterEach(async () => {
  await root.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Packs each text in a block of its own. */
async function packed(shapes: TextShapes, texts: readonly Uint8Array[]): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for (const text of texts) {
    all.push(shapes.pack(text));
    await root.batch(() => shapes.save());
  }
  return all;
}

const textOf = (value: Json): Uint8Array => encodeCanonical(value);
const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const shapeNumber = (bytes: Buffer | undefined): number | undefined => bytes?.readUInt16BE();
const isPacked = (bytes: Buffer): boolean => shapeNumber(bytes) !== 0;

const aRecord = (seed: number): Json => ({
  actor: `officer-${seed}`,
  class: base64urlEncode(new Uint8Array(32).fill(seed)),
  createdHeight: seed * 1_000,
  createdUnixMs: 1_795_347_098_786 + seed,
  id: base64urlEncode(new Uint8Array(16).fill(seed + 1)),
  kind: 'Observation',
  reason: '',
  views: [{ by: 'hospital-1', at: seed }],
});

describe('TextShapes', () => {
  test('gives back every text as it was, of any kind, also after a restart', async () => {
    const aWord = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.uint8Array({ minLength: 10, maxLength: 70 }).map(base64urlEncode),
      fc.stringMatching(/^[A-Za-z0-9_-]{14,90}$/),
      fc.nat().map(String),
      fc.constantFrom('', '0', '00', '9007199254740991', '9007199254740993', '"', '\\', '\\"'),
    );
    const aLeaf = fc.oneof(aWord, fc.maxSafeInteger(), fc.boolean(), fc.constant(null));
    const { value: aValue } = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { weight: 3, arbitrary: aLeaf },
        { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
        { weight: 2, arbitrary: fc.dictionary(fc.constantFrom('a', 'b', 'é"', '1', 'c:'), tie('value'), { maxKeys: 4 }) },
      ),
    }));
    const aText = fc.oneof(
      { weight: 6, arbitrary: aValue.map((value) => bytesOf(JSON.stringify(value))) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
      { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom('"', '\\', '1', ':', ',', 'x'), maxLength: 30 }).map(bytesOf) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(aText, { minLength: 1, maxLength: 12 }), async (texts) => {
        const shapes = new TextShapes(db);
        // Once more, now that their shapes are known.
        const all = await packed(shapes, [...texts, ...texts, ...texts]);
        for (const known of [shapes, new TextShapes(db)]) {
          for (const [at, bytes] of all.entries()) {
            expect(known.unpack(bytes)).toEqual(Buffer.from(texts[at % texts.length] ?? []));
          }
        }
      }),
      { numRuns: 300 },
    );
  }, 120_000);

  test('learns a shape when it is met again, and takes what it has packed for less than half of it', async () => {
    const shapes = new TextShapes(db);
    const texts = [1, 2, 3].map((seed) => textOf(aRecord(seed)));
    const all = await packed(shapes, texts);
    expect(all.map(isPacked)).toEqual([false, true, true]);
    expect(all.slice(1).every(({ length }, at) => length < (texts[at]?.length ?? 0) / 2)).toBe(true);
    expect(db.getKeysCount()).toBe(1);
    const [again = Buffer.alloc(0)] = await packed(new TextShapes(db), [textOf(aRecord(4))]);
    expect([isPacked(again), db.getKeysCount()]).toEqual([true, 1]);
  });

  test('packs what looks alike and is not: other names, other lengths, other kinds of values', async () => {
    const shapes = new TextShapes(db);
    const texts = [
      '{"a":"x"}',
      '{"b":"x"}',
      '{"a":["x"]}',
      '{"a":["x","x"]}',
      '{"a":1}',
      '{"a":-1}',
      '{"a":true}',
      '["a","x"]',
      '"a"',
      '1',
    ];
    const all = await packed(shapes, [...texts, ...texts].map(bytesOf));
    expect(all.map((bytes) => shapes.unpack(bytes)?.toString())).toEqual([...texts, ...texts]);
  });

  test('leaves a text as it is that is too large, has too many blanks, or none', async () => {
    const shapes = new TextShapes(db);
    const many = (count: number): Json => Array.from({ length: count }, () => 7);
    const long = (bytes: number): Json => ({ ['n'.repeat(bytes)]: base64urlEncode(new Uint8Array(40)) });
    const over = [many(BLANKS_MAX + 1), long(SHAPE_BYTES_MAX), true].map(textOf);
    const within = [textOf({ ...(aRecord(1) as object), more: many(BLANKS_MAX - 9) }), textOf(long(SHAPE_BYTES_MAX - 10))];
    const all = await packed(shapes, [...over, ...over, ...within, ...within]);
    expect(all.map(isPacked)).toEqual([...Array(6), false, false, true, true].map(Boolean));
    expect(all.map((bytes) => shapes.unpack(bytes))).toEqual([...over, ...over, ...within, ...within].map((text) => Buffer.from(text)));
  });

  test('a shape is on the disk once it is saved, and is saved once', async () => {
    const shapes = new TextShapes(db);
    const texts = [1, 2, 3].map((seed) => shapes.pack(textOf(aRecord(seed))));
    expect(texts.map(shapeNumber)).toEqual([0, 1, 1]);
    expect(db.getKeysCount()).toBe(0);
    await root.batch(() => shapes.save());
    expect(new TextShapes(db).unpack(texts[2] ?? Buffer.alloc(0))).toEqual(Buffer.from(textOf(aRecord(3))));
    await root.batch(() => db.clearSync());
    await root.batch(() => shapes.save());
    expect(db.getKeysCount()).toBe(0);
  });

  test('learns no more shapes than it may, and goes on with those it has', async () => {
    const shapes = new TextShapes(db);
    const other = (at: number): Uint8Array =>
      textOf({ [`name-${at}`]: 'a word that is long enough to be packed', [`other-${at}`]: 1_000_000 });
    for (let at = 0; at < SHAPES_MAX + 5; at++) {
      shapes.pack(other(at));
      shapes.pack(other(at));
    }
    await root.batch(() => shapes.save());
    expect(db.getKeysCount()).toBe(SHAPES_MAX);
    const all = await packed(new TextShapes(db), [other(0), other(SHAPES_MAX - 1), other(SHAPES_MAX), other(SHAPES_MAX)]);
    expect(all.map(shapeNumber)).toEqual([1, SHAPES_MAX, 0, 0]);
  });

  test('forgets shapes that came once when too many others came once', async () => {
    const shapes = new TextShapes(db);
    for (let at = 0; at <= SHAPES_SEEN_MAX; at++) shapes.pack(textOf({ [`name-${at}`]: 1 }));
    shapes.pack(textOf({ 'name-0': 2 }));
    await root.batch(() => shapes.save());
    expect(db.getKeysCount()).toBe(0);
    shapes.pack(textOf({ 'name-0': 3 }));
    await root.batch(() => shapes.save());
    expect(db.getKeysCount()).toBe(1);
  });

  test('says of bytes that it did not pack that it cannot read them, or reads something, and never more than there is room for', async () => {
    const shapes = new TextShapes(db);
    const [, whole = Buffer.alloc(0)] = await packed(shapes, [textOf(aRecord(1)), textOf(aRecord(2))]);
    for (let length = 0; length < whole.length; length++) expect(shapes.unpack(whole.subarray(0, length))).toBeUndefined();
    expect(shapes.unpack(Buffer.concat([whole, Buffer.of(0)]))).toBeUndefined();
    expect(shapes.unpack(Buffer.concat([Buffer.of(0, 2), whole.subarray(2)]))).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.uint8Array({ maxLength: 40 }), (at, byte, more) => {
        const bytes = Buffer.concat([whole, more]);
        bytes[at] = byte;
        expect(() => shapes.unpack(bytes)).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['is not the next one', Buffer.of(0, 2), Buffer.of(0, 0, 0, 0, 0, 1, 97, 0, 0)],
    ['is cut short', Buffer.of(0, 1), Buffer.of(0, 0, 0, 0, 0, 2, 97)],
    ['has half a length', Buffer.of(0, 1), Buffer.of(0, 0, 0, 0, 0)],
    ['has no hash', Buffer.of(0, 1), Buffer.of(0)],
  ])('refuses a store whose shape %s', async (_, key, value) => {
    await db.put(key, value);
    expect(() => new TextShapes(db)).toThrow(`the shape ${key.toString('hex')} of texts cannot be read`);
  });
});

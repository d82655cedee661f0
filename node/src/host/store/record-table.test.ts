import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlEncode, encodeCanonical } from '@civitas/canon';
import { fc } from '@civitas/testkit/properties';
import { afterEach, describe, expect, test } from '@jest/globals';
import { open, type RootDatabase } from 'lmdb';
import { compareKeys } from '../../core/state/keys.ts';
import type { StoredRecord } from '../../core/state/records.ts';
import { runSteps } from '../../core/steps.ts';
import type { RecordEntry } from './entry-text.ts';
import { COPY_UNDO_BYTES_MAX, ENCODED_AT_ONCE } from './limits.ts';
import { RecordTable } from './record-table.ts';
import { TextShapes } from './text-shapes.ts';
import { compareNames, type NameNumber, UnsavedKeys } from './unsaved-keys.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

// Among them one after another in UTF-16 but not in UTF-8, and prefixes of each other.
const KEYS = ['a/', 'a/1', 'a/10', 'a/2', 'a/é', 'a/\ue000', 'a/\u{1f600}', 'b/1', 'b/2', 'c'].flatMap((key) => [
  key,
  `${key}0`,
  `${key}z`,
]);
const PREFIXES = ['a/', 'a/1', 'b/', 'c', 'd/'];

type Changes = readonly { readonly key: string; readonly value: number | undefined }[];

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-records-'));
  folders.push(folder);
  return folder;
}

/** A table on a disk of its own. */
class TableOnDisk {
  readonly #path = join(aFolder(), 'records.mdb');
  readonly #unsavedMax: number;
  root: RootDatabase<Buffer, Buffer>;
  table: RecordTable;
  height = 0;

  constructor(unsavedMax: number) {
    this.#unsavedMax = unsavedMax;
    [this.root, this.table] = this.#open();
  }

  #open(): [RootDatabase<Buffer, Buffer>, RecordTable] {
    const root = open<Buffer, Buffer>({ path: this.#path, keyEncoding: 'binary', encoding: 'binary' });
    const [records, index, shapes] = ['state', 'state-index', 'shapes'].map((name) =>
      root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' }),
    );
    if (records === undefined || index === undefined || shapes === undefined) throw new Error('no databases');
    return [root, new RecordTable({ records, index, shapes: new TextShapes(shapes) }, this.#unsavedMax)];
  }

  /** Durable, not yet settled. */
  async write(changes: Changes): Promise<void> {
    const writes = new Map<string, StoredRecord | undefined>();
    for (const { key, value } of changes) {
      const record = { value: value ?? 0 };
      writes.set(key, value === undefined ? undefined : { record, bytes: encodeCanonical(record) });
    }
    this.height++;
    const encoded = runSteps(this.table.encode(writes));
    await this.root.batch(() => this.table.put(this.height, encoded));
  }

  async block(changes: Changes): Promise<void> {
    await this.write(changes);
    this.table.settle(this.height);
  }

  /** What a store is closed with is all that a crash leaves. */
  async crash(): Promise<void> {
    await this.root.close();
    [this.root, this.table] = this.#open();
  }
}

type Model = Map<string, number>;

function changed(model: Model, changes: Changes): Model {
  const after = new Map(model);
  for (const { key, value } of changes) {
    if (value === undefined) after.delete(key);
    else after.set(key, value);
  }
  return after;
}

const inOrder = (model: Model): [string, string][] =>
  [...model].sort(([left], [right]) => compareKeys(left, right)).map(([key, value]) => [key, `{"value":${value}}`]);

/** What a copy lends, for longer. */
const kept = ({ key, value }: RecordEntry): RecordEntry => ({ key: Buffer.from(key), value: Buffer.from(value) });

function sortedTexts(entries: Iterable<RecordEntry>): [string, string][] {
  const texts = Array.from(entries, ({ key, value }): [string, string] => [Buffer.from(key).toString(), Buffer.from(value).toString()]);
  return texts.sort(([left], [right]) => compareKeys(left, right));
}

function expectAlike(table: RecordTable, model: Model): void {
  const all = inOrder(model);
  expect([...table.view()()].map(({ key, value }) => [Buffer.from(key).toString(), Buffer.from(value).toString()])).toEqual(all);
  const copy = table.copy();
  expect(sortedTexts(copy.records())).toEqual(all);
  copy.release();
  const find = (key: string): string | undefined => table.get(key)?.toString();
  expect(KEYS.map(find)).toEqual(KEYS.map((key) => (model.has(key) ? `{"value":${model.get(key)}}` : undefined)));
  for (const prefix of PREFIXES) {
    const within = all.filter(([key]) => key.startsWith(prefix));
    for (const after of [undefined, 'a/1', 'a/2', 'b/']) {
      const expected = within.filter(([key]) => after === undefined || compareKeys(key, after) > 0);
      for (const limit of [1, 3, 100]) {
        const scanned = [...table.scan({ prefix, limit, ...(after === undefined ? {} : { after }) })];
        expect(scanned.map(({ key, value }) => [key, value.toString()])).toEqual(expected.slice(0, limit));
      }
    }
    for (const before of ['a/1', 'a/3', 'a/\u{1f600}0', 'b/2', 'c', 'e']) {
      const last = all.filter(([key]) => compareKeys(key, before) < 0).at(-1);
      const found = table.findLast(prefix, before);
      expect(found && [found.key, found.value.toString()]).toEqual(last?.[0].startsWith(prefix) === true ? last : undefined);
    }
  }
}

describe('RecordTable', () => {
  const aChange = fc.record({ key: fc.constantFrom(...KEYS), value: fc.option(fc.nat(9), { nil: undefined, freq: 2 }) });
  const changes = fc.uniqueArray(aChange, { selector: ({ key }) => key, maxLength: 12 });
  const aTurn = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('block' as const), changes }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), changes }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('ahead' as const, 'crash ahead' as const), changes }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('view' as const), changes }) },
  );

  test('reads what was written, also over crashes before a block was settled, and as of any view', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0, 1, 4, 12, 1_000), fc.array(aTurn, { maxLength: 25 }), async (unsavedMax, turns) => {
        const disk = new TableOnDisk(unsavedMax);
        let model: Model = new Map();
        for (const { kind, changes: given } of turns) {
          if (kind === 'ahead' || kind === 'crash ahead') {
            await disk.root.batch(() => disk.table.putAhead(given.length));
            expectAlike(disk.table, model);
            if (kind === 'ahead') disk.table.settleAhead();
            else await disk.crash();
            expectAlike(disk.table, model);
            continue;
          }
          const after = changed(model, given);
          if (kind === 'block') await disk.block(given);
          if (kind === 'crash') {
            await disk.write(given);
            await disk.crash();
          }
          if (kind === 'view') {
            const transaction = disk.root.useReadTransaction();
            const view = disk.table.view(transaction);
            await disk.block(given);
            const entries = [...view()].map(({ key, value }) => [Buffer.from(key).toString(), Buffer.from(value).toString()]);
            expect(entries).toEqual(inOrder(model));
            transaction.done();
          }
          model = after;
          expectAlike(disk.table, model);
        }
        await disk.root.close();
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  test('a copy has the records of its moment, whatever blocks change while it is read, begun with a block under way or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 12),
        fc.array(changes, { minLength: 1, maxLength: 4 }),
        fc.array(fc.record({ changes, reads: fc.nat(6) }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (unsavedMax, before, after, isUnderWay) => {
          const disk = new TableOnDisk(unsavedMax);
          let model: Model = new Map();
          for (const given of before.slice(1)) {
            await disk.block(given);
            model = changed(model, given);
          }
          const first = before[0] ?? [];
          const durable = disk.write(first);
          model = changed(model, first);
          if (!isUnderWay) await durable;
          const copy = disk.table.copy();
          await durable;
          disk.table.settle(disk.height);
          const records = copy.records()[Symbol.iterator]();
          const read: RecordEntry[] = [];
          for (const { changes: given, reads } of after) {
            await disk.block(given);
            for (let count = 0; count < reads; count++) {
              const next = records.next();
              if (next.done !== true) read.push(kept(next.value));
            }
          }
          for (let next = records.next(); next.done !== true; next = records.next()) read.push(kept(next.value));
          expect(sortedTexts(read)).toEqual(inOrder(model));
          copy.release();
          await disk.root.close();
        },
      ),
      { numRuns: 150 },
    );
  }, 120_000);

  test('a copy is given up when blocks change more than it may keep, and keeps nothing once it is released', async () => {
    const disk = new TableOnDisk(0);
    const value = 'x'.repeat(COPY_UNDO_BYTES_MAX / 2_048 + 1);
    const write = async (text: string): Promise<void> => {
      const writes = new Map<string, StoredRecord>();
      for (let n = 0; n < 2_049; n++) writes.set(`a/${n}`, { record: {}, bytes: Buffer.from(JSON.stringify(text)) });
      disk.height++;
      const encoded = runSteps(disk.table.encode(writes));
      await disk.root.batch(() => disk.table.put(disk.height, encoded));
      disk.table.settle(disk.height);
    };
    await write(value);
    const [copy, released] = [disk.table.copy(), disk.table.copy()];
    released.release();
    await write(`${value}y`);
    expect(() => [...copy.records()]).toThrow('blocks change records faster than they are read');
    expect([...released.records()]).toEqual([]);
    copy.release();
    await disk.root.close();
  });

  test('between a durable block and its settling, what it deleted is gone and the rest is read as it was', async () => {
    const disk = new TableOnDisk(2);
    await disk.block(KEYS.slice(0, 6).map((key) => ({ key, value: 1 })));
    await disk.block([{ key: 'b/1', value: 1 }]);
    const [first = '', second = ''] = KEYS;
    await disk.write([
      { key: first, value: undefined },
      { key: second, value: 2 },
      { key: 'b/2', value: 2 },
    ]);
    expect(disk.table.get(first)).toBeUndefined();
    expect(disk.table.get('b/2')).toBeUndefined();
    expect([...disk.table.scan({ prefix: 'a/', limit: 3 })].map(({ key }) => key)).toEqual(['a/0', 'a/1', 'a/10']);
    expect(disk.table.findLast('a/', 'a/0')).toBeUndefined();
    disk.table.settle(disk.height - 1);
    expect(disk.table.get('b/2')).toBeUndefined();
    disk.table.settle(disk.height);
    expect(disk.table.get('b/2')?.toString()).toBe('{"value":2}');
    await disk.root.close();
  });

  test('a number below which the index has every key is given to no new record, though the last records are gone', async () => {
    const disk = new TableOnDisk(0);
    const keys = KEYS.slice(0, 6);
    for (const key of keys) {
      await disk.block([{ key, value: 1 }]);
      await disk.block([]);
    }
    await disk.block(keys.slice(1).map((key) => ({ key, value: undefined })));
    await disk.crash();
    await disk.block([{ key: 'b/1', value: 2 }]);
    await disk.crash();
    expect(disk.table.get('b/1')?.toString()).toBe('{"value":2}');
    await disk.root.close();
  });

  test('a record that is not what the index says is refused, and left out of views', async () => {
    const disk = new TableOnDisk(0);
    await disk.block([{ key: 'a/1', value: 1 }]);
    await disk.block([{ key: 'a/2', value: 2 }]);
    const records = disk.root.openDB<Buffer, Buffer>({ name: 'state', keyEncoding: 'binary', encoding: 'binary' });
    const number = (at: number): Buffer => Buffer.from([0, 0, 0, 0, 0, at]);
    await records.put(number(1), records.get(number(2)) ?? Buffer.alloc(0));
    expect(() => disk.table.get('a/1')).toThrow("the state record 1 is not of 'a/1', as the index has it");
    expect([...disk.table.view()()].map(({ key }) => Buffer.from(key).toString())).toEqual(['a/2']);
    await records.put(number(2), Buffer.from([0, 0, 0x22, 0x61]));
    await expect(disk.crash()).rejects.toThrow('the state record 2 is cut short');
    await disk.root.close();
  });
});

test('a table says about what its records take as texts, though they stand there packed', async () => {
  const disk = new TableOnDisk(0);
  expect(disk.table.textBytes()).toBe(0);
  let text = 0;
  for (let block = 0; block < 20; block++) {
    const writes = new Map<string, StoredRecord>();
    for (let n = 0; n < 100; n++) {
      const record = { digest: base64urlEncode(randomBytes(32)), kind: 'a word that all of them have', number: block * 100 + n };
      const bytes = encodeCanonical(record);
      const key = `documents/${base64urlEncode(randomBytes(16))}`;
      writes.set(key, { record, bytes });
      text += key.length + bytes.length;
    }
    const encoded = runSteps(disk.table.encode(writes));
    await disk.root.batch(() => disk.table.put(block + 1, encoded));
    disk.table.settle(block + 1);
  }
  const said = disk.table.textBytes();
  expect(said).toBeGreaterThan(text);
  expect(said).toBeLessThan(2 * text);
  await disk.root.close();
});

describe('UnsavedKeys', () => {
  test('whoever asks for the order while it is being made has all of it, and what came meanwhile', () => {
    const unsaved = new UnsavedKeys(10_000, 1, 1);
    const names = Array.from({ length: 3 * ENCODED_AT_ONCE }, (_, n) => String((n * 7_919) % 10_007));
    unsaved.take(new Map(names.map((name, number) => [name, number])));
    const steps = unsaved.arrangeInSteps();
    expect(steps.next().done).toBe(false);
    unsaved.take(new Map([['first', 0]]));
    expect(Array.from(unsaved.from(''), ([name]) => name)).toEqual([...names, 'first'].sort(compareNames));
    unsaved.take(new Map([['last', 1]]));
    expect(steps.next().done).toBe(true);
    expect(unsaved.before('last~')).toEqual(['last', 1]);
  });

  test('saves keys in their order, and every key below the number it names', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.array(fc.record({ adds: fc.nat(30), deletes: fc.nat(4), ahead: fc.nat(30) }), { minLength: 30, maxLength: 120 }),
        fc.infiniteStream(fc.nat(2 ** 30)),
        (keptMax, blocks, draws) => {
          const unsaved = new UnsavedKeys(keptMax, 1, 1);
          const open = new Map<string, number>();
          let next = 1;
          for (const [at, { adds, deletes, ahead }] of blocks.entries()) {
            const firstNumber = next;
            const added = new Map<string, number>();
            for (let n = 0; n < adds; n++) added.set(`${draws.next().value}-${next}`, next++);
            const deleted = [...open.keys()].slice(0, deletes);
            const byBlock = unsaved.stage(at + 1, { added, deleted, firstNumber });
            unsaved.settle(at + 1);
            const take = (saved: readonly NameNumber[]): void => {
              for (const [key, number] of saved) {
                expect(open.get(key)).toBe(number);
                open.delete(key);
              }
            };
            for (const key of deleted) open.delete(key);
            take(byBlock.saved);
            added.forEach((number, key) => open.set(key, number));
            expect(unsaved.aheadCount).toBe(Math.max(0, Math.min(open.size, open.size + added.size - keptMax)));
            const { saved, savedBelow } = unsaved.stageAhead(ahead, next);
            unsaved.settleAhead();
            expect(saved.length).toBeLessThanOrEqual(ahead);
            take(saved);
            expect(Math.min(next, ...open.values())).toBeGreaterThanOrEqual(savedBelow);
            expect(open.size).toBeLessThanOrEqual(keptMax + adds);
            // What a start has to look at: keys that wait, and what came while a round and a half met them.
            expect(next - savedBelow).toBeLessThanOrEqual(3 * keptMax + 5 * 30 + 4 * blocks.length);
            expect([...unsaved.copy()()]).toEqual([...open].sort(([left], [right]) => compareNames(left, right)));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

import { utf8Encode } from '@civitas/canon';
import type { Database, Transaction } from 'lmdb';
import { StoreFault } from '../../core/ledger/refusal.ts';
import type { KeyRange, StoredRecord } from '../../core/state/records.ts';
import { entryText, type RecordEntry, readEntryText } from './entry-text.ts';
import { LentBuffer } from './lent-buffer.ts';
import { ENCODED_AT_ONCE } from './limits.ts';
import { RecordCopy } from './record-copy.ts';
import type { AheadTable } from './save-ahead.ts';
import { tableBytes } from './store-bytes.ts';
import type { TextShapes } from './text-shapes.ts';
import { compareNames, type NameNumber, type SavedKeys, UnsavedKeys } from './unsaved-keys.ts';

declare module 'lmdb' {
  interface Database<V, K> {
    /** lmdb 3.5.6 takes the options of `putSync` here too, and its types do not say so. */
    put(id: K, value: V, options: PutOptions): Promise<boolean>;
  }
}

type Db = Database<Buffer, Buffer>;

/** A record to be put, or to be deleted. */
export interface EncodedRecord {
  readonly name: string;
  readonly key: Buffer;
  /** Where it stands before the block; undefined where it does not. */
  readonly known: number | undefined;
  readonly entry: Buffer | undefined;
}

interface KeyedBytes {
  readonly key: string;
  readonly value: Buffer;
}

const NUMBER_BYTES = 6;
const FIRST_NUMBER = 1;
const SAMPLE_RECORDS = 256;
const APPENDED = { append: true };
/** Count: twice the operations of a block. */
const ABSENT_MAX = 4_096;
/** No record has this number: it holds the number below which the index has every key. */
const SAVED_BELOW = numberKey(0);
const LAST_NUMBER = Buffer.alloc(NUMBER_BYTES, 255);

function numberKey(number: number): Buffer {
  const key = Buffer.allocUnsafe(NUMBER_BYTES);
  key.writeUIntBE(number, 0, NUMBER_BYTES);
  return key;
}

function numberOf(key: Buffer): number {
  return key.readUIntBE(0, NUMBER_BYTES);
}

function bytesOf(key: string): Buffer {
  const bytes = utf8Encode(key);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The bytes of a key, each as one character: what most keys are already. */
function nameOf(key: string, bytes: Buffer): string {
  return bytes.length === key.length ? key : bytes.toString('latin1');
}

/**
 * Records of the state by key.
 *
 * Keys have no order in time: under their keys, new records would each land on a page of their own, and a commit would write all of these. So a
 * record has a number instead, the next one when it is new, and stands with its key under that: new ones stand together. Which number a
 * key has is in an index, which is a tenth of their size and follows later (`UnsavedKeys`); the records themselves say what it lacks.
 */
export class RecordTable implements AheadTable {
  readonly #records: Db;
  readonly #index: Db;
  readonly #shapes: TextShapes;
  readonly #unsaved: UnsavedKeys;
  /** Names that the index was found not to have since the last block: a contract asks before it writes a new record. */
  readonly #absent = new Set<string>();
  readonly #copies = new Set<RecordCopy>();
  readonly #lentBytes = new LentBuffer();
  #savedBelow: number;
  #next: number;

  constructor(parts: { readonly records: Db; readonly index: Db; readonly shapes: TextShapes }, unsavedMax: number) {
    this.#records = parts.records;
    this.#index = parts.index;
    this.#shapes = parts.shapes;
    const marked = this.#records.get(SAVED_BELOW);
    this.#savedBelow = marked === undefined ? FIRST_NUMBER : numberOf(marked);
    // Not below the mark, which would hide the new record's key from a start: the last records may have been deleted.
    this.#next = Math.max(this.#savedBelow, this.#numberAfterLast());
    this.#unsaved = new UnsavedKeys(unsavedMax, this.#savedBelow, this.#next);
    this.#takeUnsaved();
  }

  #numberAfterLast(): number {
    for (const key of this.#records.getKeys({ start: LAST_NUMBER, reverse: true, limit: 1 })) return numberOf(key) + 1;
    return FIRST_NUMBER;
  }

  #takeUnsaved(): void {
    const keys = new Map<string, number>();
    for (const { number, key } of this.#lent(this.#copyFrom(this.#savedBelow))) {
      if (this.#index.getBinaryFast(key)?.readUIntBE(0, NUMBER_BYTES) !== number) keys.set(key.toString('latin1'), number);
    }
    this.#unsaved.take(keys);
  }

  /** Puts new keys in order, which whoever asks for it has to do otherwise: `put`, `putAhead`, a scan. */
  arrangeInSteps(): Generator<void> {
    return this.#unsaved.arrangeInSteps();
  }

  /** What `put` is to write of a block's changes. */
  *encode(writes: ReadonlyMap<string, StoredRecord | undefined>): Generator<void, readonly EncodedRecord[]> {
    yield* this.arrangeInSteps();
    const encoded: EncodedRecord[] = [];
    for (const [key, stored] of writes) {
      const bytes = bytesOf(key);
      const name = nameOf(key, bytes);
      const entry = stored && this.#shapes.pack(entryText(bytes, stored.bytes));
      encoded.push({ name, key: bytes, known: this.#find(name, bytes), entry });
      if (encoded.length % ENCODED_AT_ONCE === 0) yield;
    }
    return encoded;
  }

  /** Inside a write transaction, once a block. */
  put(height: number, encoded: readonly EncodedRecord[]): void {
    this.#shapes.save();
    const firstNumber = this.#next;
    const added = new Map<string, number>();
    const deleted: string[] = [];
    for (const { name, key, known, entry } of encoded) {
      if (entry === undefined) {
        if (known === undefined) continue;
        this.#changing(known);
        void this.#records.remove(numberKey(known));
        if (!this.#unsaved.has(name)) void this.#index.remove(key);
        deleted.push(name);
        continue;
      }
      if (known !== undefined) {
        this.#changing(known);
        void this.#records.put(numberKey(known), entry);
        continue;
      }
      added.set(name, this.#next);
      // As the last one it leaves the page before it full; LMDB would take a record from there along otherwise.
      void this.#records.put(numberKey(this.#next++), entry, APPENDED);
    }
    this.#putKeys(this.#unsaved.stage(height, { added, deleted, firstNumber }));
  }

  get aheadCount(): number {
    return this.#unsaved.aheadCount;
  }

  putAhead(countMax: number): number {
    const keys = this.#unsaved.stageAhead(countMax, this.#next);
    this.#putKeys(keys);
    return keys.saved.length;
  }

  settleAhead(): void {
    this.#unsaved.settleAhead();
  }

  #putKeys({ saved, savedBelow }: SavedKeys): void {
    for (const [name, number] of saved) void this.#index.put(Buffer.from(name, 'latin1'), numberKey(number));
    if (savedBelow !== this.#savedBelow) void this.#records.put(SAVED_BELOW, numberKey(savedBelow));
    this.#savedBelow = savedBelow;
  }

  #changing(number: number): void {
    for (const copy of this.#copies) copy.changing(number, () => this.#records.get(numberKey(number)));
  }

  /** The store is durable up to a height. */
  settle(height: number): void {
    this.#unsaved.settle(height);
    this.#absent.clear();
  }

  #find(name: string, bytes: Buffer): number | undefined {
    const unsaved = this.#unsaved.get(name);
    if (unsaved !== undefined) return unsaved;
    if (this.#absent.has(name)) return undefined;
    const saved = this.#index.get(bytes);
    if (saved !== undefined) return numberOf(saved);
    if (this.#absent.size >= ABSENT_MAX) this.#absent.clear();
    this.#absent.add(name);
    return undefined;
  }

  /** Canonical bytes of a record. @throws StoreFault where the index names another record. */
  get(key: string): Buffer | undefined {
    const bytes = bytesOf(key);
    const name = nameOf(key, bytes);
    const number = this.#find(name, bytes);
    return number === undefined ? undefined : this.#read([name, number])?.value;
  }

  /** Undefined for a record that a block deleted just now: it is gone from the disk before its key is from memory. */
  #read([name, number]: NameNumber): RecordEntry | undefined {
    const bytes = this.#records.get(numberKey(number));
    if (bytes === undefined) return undefined;
    const entry = this.#entryOf(bytes);
    if (entry === undefined) throw cutShort(number);
    if (!isNamed(entry, name)) throw new StoreFault(`the state record ${number} is not of '${name}', as the index has it`);
    return entry;
  }

  /** Undefined for bytes that no block wrote. */
  #entryOf(bytes: Buffer | undefined): RecordEntry | undefined {
    const text = bytes && this.#shapes.unpack(bytes);
    return text && readEntryText(text);
  }

  /** Records of a range, in order. */
  *scan({ prefix, after, limit }: KeyRange): Generator<KeyedBytes> {
    const first = nameOf(prefix, bytesOf(prefix));
    const next = after === undefined ? first : `${nameOf(after, bytesOf(after))}\0`;
    const from = next < first ? first : next;
    const saved = namesOf(this.#index.getRange({ start: Buffer.from(from, 'latin1') }));
    let left = limit;
    for (const found of merged(saved, this.#unsaved.from(from))) {
      if (left === 0 || !found[0].startsWith(first)) return;
      const entry = this.#read(found);
      if (entry === undefined) continue;
      left--;
      yield keyedBytes(entry);
    }
  }

  /** The last record whose key starts with a prefix and comes before another key. */
  findLast(prefix: string, before: string): KeyedBytes | undefined {
    const first = nameOf(prefix, bytesOf(prefix));
    let last = this.#lastBefore(nameOf(before, bytesOf(before)));
    while (last?.[0].startsWith(first) === true) {
      const entry = this.#read(last);
      if (entry !== undefined) return keyedBytes(entry);
      last = this.#lastBefore(last[0]);
    }
    return undefined;
  }

  #lastBefore(name: string): NameNumber | undefined {
    const [saved, unsaved] = [this.#lastSaved(name), this.#unsaved.before(name)];
    return unsaved !== undefined && (saved === undefined || unsaved[0] >= saved[0]) ? unsaved : saved;
  }

  #lastSaved(before: string): NameNumber | undefined {
    // In reverse LMDB starts at `start` itself when it is there, so the first two are read and `before` is left out.
    for (const found of namesOf(this.#index.getRange({ start: Buffer.from(before, 'latin1'), reverse: true, limit: 2 }))) {
      if (found[0] < before) return found;
    }
    return undefined;
  }

  /**
   * All records as of the last block put, in no order, to be read beside later ones once that block is durable. Each is lent until the next is
   * asked for: millions are read, and nothing of them is kept.
   */
  copy(): { readonly records: () => Iterable<RecordEntry>; readonly release: () => void } {
    const copy = this.#copyFrom(FIRST_NUMBER);
    this.#copies.add(copy);
    return { records: () => this.#lent(copy), release: () => copy.release() };
  }

  #copyFrom(first: number): RecordCopy {
    const stored = { read: this.#lendNumbered.bind(this), from: this.#firstFrom.bind(this) };
    const copy: RecordCopy = new RecordCopy(stored, { first, end: this.#next }, () => this.#copies.delete(copy));
    return copy;
  }

  *#lent(copy: RecordCopy): Generator<RecordEntry & { readonly number: number }> {
    for (const { number, bytes } of copy.records()) {
      const text = this.#shapes.lend(bytes);
      const entry = text && readEntryText(text);
      if (entry === undefined) throw cutShort(number);
      yield { number, key: entry.key, value: entry.value };
    }
  }

  #lendNumbered(number: number): Buffer | undefined {
    const bytes = this.#records.getBinaryFast(numberKey(number));
    // Copied with its length: LMDB lends a view of more, whose own methods go beyond it.
    return bytes && this.#lentBytes.filled(bytes, bytes.length);
  }

  #firstFrom(number: number): number | undefined {
    for (const key of this.#records.getKeys({ start: numberKey(number), limit: 1 })) return numberOf(key);
    return undefined;
  }

  /**
   * All records as of a transaction, by the index and in order of keys, whatever blocks come; those it sees must be settled. A record that is
   * not what the index says is left out: whoever reads all of them compares them with the root.
   */
  view(transaction?: Transaction): () => Generator<RecordEntry> {
    const options = transaction === undefined ? {} : { transaction };
    const unsaved = this.#unsaved.copy();
    const [records, index] = [this.#records, this.#index];
    const entryOf = this.#entryOf.bind(this);
    return function* entries() {
      for (const [name, number] of merged(namesOf(index.getRange(options)), unsaved())) {
        const entry = entryOf(records.get(numberKey(number), options));
        if (entry !== undefined && isNamed(entry, name)) yield entry;
      }
    };
  }

  /** What the records and their keys would stand on as texts, about: as much more than they do as some of them would. */
  textBytes(): number {
    const [step, last] = [Math.max(1, (this.#next - FIRST_NUMBER) / SAMPLE_RECORDS), numberKey(this.#next)];
    let [text, packed] = [1, 1];
    for (let number = FIRST_NUMBER; number < this.#next; number += step) {
      for (const { value } of this.#records.getRange({ start: numberKey(Math.floor(number)), end: last, limit: 1 })) {
        const entry = this.#entryOf(value);
        text += entry === undefined ? 0 : entry.key.length + entry.value.length;
        packed += value.length;
      }
    }
    return (tableBytes(this.#records.getStats()) * Math.max(text, packed)) / packed + tableBytes(this.#index.getStats());
  }
}

function cutShort(number: number): StoreFault {
  return new StoreFault(`the state record ${number} is cut short`);
}

function isNamed({ key }: Pick<RecordEntry, 'key'>, name: string): boolean {
  return key.toString('latin1') === name;
}

function keyedBytes({ key, value }: RecordEntry): KeyedBytes {
  return { key: key.toString('utf8'), value };
}

function* namesOf(range: Iterable<{ readonly key: Buffer; readonly value: Buffer }>): Generator<NameNumber> {
  for (const { key, value } of range) yield [key.toString('latin1'), numberOf(value)];
}

/** Two orders of names as one. One that is in both, which has just been saved, comes once. */
function* merged(saved: Generator<NameNumber>, unsaved: Iterable<NameNumber>): Generator<NameNumber> {
  try {
    let next = saved.next();
    for (const pair of unsaved) {
      for (; next.done !== true; next = saved.next()) {
        const order = compareNames(next.value[0], pair[0]);
        if (order > 0) break;
        if (order < 0) yield next.value;
      }
      yield pair;
    }
    for (; next.done !== true; next = saved.next()) yield next.value;
  } finally {
    // Whoever stops early gives LMDB its cursor back.
    saved.return(undefined);
  }
}

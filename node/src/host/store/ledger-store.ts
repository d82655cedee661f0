import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, base64urlDecode, base64urlEncode, encodeCanonical, equalBytes, type JsonObject, utf8Encode } from '@civitas/canon';
import { type Database, open, type RootDatabase } from 'lmdb';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { encodePage, pageKey } from '../../core/state/page.ts';
import type { PageStore } from '../../core/state/page-store.ts';
import type { KeyedRecord, KeyRange, RecordSource, StoredRecord } from '../../core/state/records.ts';
import type { TreeRoot, TreeUpdate } from '../../core/state/tree.ts';
import { CACHED_RECORDS_MAX, MAP_BYTES, STORE_FORMAT } from './limits.ts';
import { afterPrefix, heightKey, placeKey, placeOf, staleKey } from './store-keys.ts';

type Db = Database<Buffer, Buffer>;

/** What the store keeps of a block beside its bytes. */
export interface BlockRecord {
  readonly height: number;
  readonly timeUnixMs: number;
  /** Block id hash. */
  readonly hash: Bytes;
  /** State root after the block. */
  readonly root: TreeRoot;
  /** lastResultsHash of the next header. */
  readonly resultsHash: Bytes;
  /** Operations in each bundle, and each bundle's result code. */
  readonly bundles: readonly { readonly operationCount: number; readonly code: number }[];
  readonly blockBytes: number;
}

/** Everything one block writes, in one transaction. */
export interface CommitWrites {
  readonly record: BlockRecord;
  /** Undefined at genesis, which is height 0 and no block. */
  readonly block: { readonly bytes: Bytes; readonly lightBlock: Bytes } | undefined;
  readonly writes: ReadonlyMap<string, StoredRecord | undefined>;
  readonly tree: TreeUpdate;
  readonly receipts: readonly {
    readonly index: number;
    readonly operationHash: Bytes;
    readonly bytes: Bytes;
    readonly isCharged: boolean;
  }[];
  /** Pages that no kept root uses any more. */
  readonly pruned: readonly PrunedPage[];
  /** Roots from this height on stay provable. */
  readonly keptFrom: number;
}

export interface PrunedPage {
  readonly staleKey: Buffer;
  readonly pageKey: Buffer;
}

/** A block decided but perhaps not executed: what must be signed again, and nothing else, after a crash. */
export interface PendingBlock {
  readonly height: number;
  readonly voteTimeNanos: bigint;
  readonly bytes: Bytes;
}

const PENDING = Buffer.from('pending');
const CHAIN = Buffer.from('chain');
const HEAD = Buffer.from('head');

function parseRecord(bytes: Buffer): JsonObject {
  // Our own canonical bytes; the tree commits to them, and verify() compares.
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new StoreFault('a state record is no object');
  return value as JsonObject;
}

function fault(what: string, cause: unknown): StoreFault {
  return new StoreFault(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** Blocks, receipts, state and tree pages of one ledger in one LMDB environment. */
export class LedgerStore implements RecordSource, PageStore {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #meta: Db;
  readonly #blocks: Db;
  readonly #lights: Db;
  readonly #records: Db;
  readonly #receipts: Db;
  readonly #operations: Db;
  readonly #state: Db;
  readonly #pages: Db;
  readonly #stale: Db;
  readonly #cache = new Map<string, JsonObject>();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // A commit is acknowledged when it is on the disk: no overlapping sync, whose flush comes after.
    const options = {
      path: join(folder, 'ledger.mdb'),
      mapSize: MAP_BYTES,
      maxDbs: 16,
      overlappingSync: false,
      keyEncoding: 'binary',
      encoding: 'binary',
    } as const;
    this.#root = open<Buffer, Buffer>(options);
    const openDb = (name: string): Db => this.#root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' });
    this.#meta = openDb('meta');
    this.#blocks = openDb('blocks');
    this.#lights = openDb('lights');
    this.#records = openDb('records');
    this.#receipts = openDb('receipts');
    this.#operations = openDb('operations');
    this.#state = openDb('state');
    this.#pages = openDb('pages');
    this.#stale = openDb('stale');
  }

  /** The chain this store belongs to; undefined when it is new. @throws StoreFault for a newer format. */
  readChain(): { chainId: string; genesisHash: Bytes } | undefined {
    const bytes = this.#meta.get(CHAIN);
    if (bytes === undefined) return undefined;
    const { format, chainId, genesisHash } = parseRecord(bytes);
    if (format !== STORE_FORMAT) throw new StoreFault(`store has format ${String(format)}, this version reads ${STORE_FORMAT}`);
    const hash = typeof genesisHash === 'string' ? base64urlDecode(genesisHash) : undefined;
    if (hash === undefined || typeof chainId !== 'string') throw new StoreFault('store does not say which chain it holds');
    return { chainId, genesisHash: hash };
  }

  /** Height of the last committed block, 0 after genesis, and from where on roots are kept; undefined in a new store. */
  readHead(): { height: number; keptFrom: number } | undefined {
    const bytes = this.#meta.get(HEAD);
    if (bytes === undefined) return undefined;
    const { height, index } = placeOf(bytes);
    return { height, keptFrom: index };
  }

  readBlockRecord(height: number): BlockRecord | undefined {
    const bytes = this.#records.get(heightKey(height));
    return bytes === undefined ? undefined : blockRecordOf(height, parseRecord(bytes));
  }

  readBlock(height: number): Bytes | undefined {
    return this.#blocks.get(heightKey(height));
  }

  readLightBlock(height: number): Bytes | undefined {
    return this.#lights.get(heightKey(height));
  }

  readReceipt(height: number, index: number): Bytes | undefined {
    return this.#receipts.get(placeKey(height, index));
  }

  findOperation(operationHash: Bytes): { height: number; index: number } | undefined {
    const place = this.#operations.get(Buffer.from(operationHash));
    return place === undefined ? undefined : placeOf(place);
  }

  readPage(key: Bytes): Bytes | undefined {
    return this.#pages.get(Buffer.from(key));
  }

  get(key: string): JsonObject | undefined {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const bytes = this.#read(key);
    if (bytes === undefined) return undefined;
    const record = parseRecord(bytes);
    if (this.#cache.size >= CACHED_RECORDS_MAX) {
      const oldest = this.#cache.keys().next();
      if (!oldest.done) this.#cache.delete(oldest.value);
    }
    this.#cache.set(key, record);
    return record;
  }

  #read(key: string): Buffer | undefined {
    try {
      return this.#state.get(Buffer.from(utf8Encode(key)));
    } catch (cause) {
      throw fault('reading state', cause);
    }
  }

  scan({ prefix, after, limit }: KeyRange): readonly KeyedRecord[] {
    const from = Buffer.from(utf8Encode(prefix));
    const start = after === undefined ? from : Buffer.concat([utf8Encode(after), Buffer.alloc(1)]);
    const range = { start: Buffer.compare(start, from) < 0 ? from : start, end: afterPrefix(from), limit };
    try {
      return [...this.#state.getRange(range)].map(({ key, value }) => ({ key: key.toString('utf8'), record: parseRecord(value) }));
    } catch (cause) {
      throw fault('scanning state', cause);
    }
  }

  findLast(prefix: string, before: string): KeyedRecord | undefined {
    // In reverse LMDB starts at `start` itself when it is there, so the first two are read and `before` is left out.
    const start = Buffer.from(utf8Encode(before));
    const lowest = Buffer.from(utf8Encode(prefix));
    for (const { key, value } of this.#state.getRange({ start, reverse: true, limit: 2 })) {
      if (Buffer.compare(key, start) >= 0) continue;
      const isWithin = key.subarray(0, lowest.length).equals(lowest);
      return isWithin ? { key: key.toString('utf8'), record: parseRecord(value) } : undefined;
    }
    return undefined;
  }

  /** Every record's key and canonical bytes, in order. */
  *everyRecord(): Generator<{ key: Bytes; bytes: Bytes }> {
    for (const { key, value } of this.#state.getRange({})) yield { key, bytes: value };
  }

  readPending(): PendingBlock | undefined {
    const bytes = this.#meta.get(PENDING);
    if (bytes === undefined) return undefined;
    return { height: placeOf(bytes).height, voteTimeNanos: bytes.readBigUInt64BE(6), bytes: new Uint8Array(bytes.subarray(14)) };
  }

  /** Durable when it resolves. @throws StoreFault */
  async writePending(pending: PendingBlock): Promise<void> {
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(pending.voteTimeNanos);
    await this.#transaction('persisting a proposal', () => {
      void this.#meta.put(PENDING, Buffer.concat([heightKey(pending.height), time, pending.bytes]));
    });
  }

  /** Names the chain and writes its first state, before any block. */
  async writeGenesis(chain: { chainId: string; genesisHash: Bytes }, commit: CommitWrites): Promise<void> {
    const record = { chainId: chain.chainId, format: STORE_FORMAT, genesisHash: base64urlEncode(chain.genesisHash) };
    await this.#transaction('writing genesis', () => {
      void this.#meta.put(CHAIN, Buffer.from(encodeCanonical(record)));
      this.#putCommit(commit);
    });
  }

  /** One block with all it changed, in one transaction; durable when it resolves. @throws StoreFault */
  async writeCommit(commit: CommitWrites): Promise<void> {
    await this.#transaction('committing a block', () => this.#putCommit(commit));
    for (const key of commit.writes.keys()) this.#cache.delete(key);
  }

  #putCommit({ record, block, writes, tree, receipts, pruned, keptFrom }: CommitWrites): void {
    const { height } = record;
    const at = heightKey(height);
    if (block !== undefined) {
      void this.#blocks.put(at, Buffer.from(block.bytes));
      void this.#lights.put(at, Buffer.from(block.lightBlock));
    }
    void this.#records.put(at, Buffer.from(encodeCanonical(blockRecordToJson(record))));
    for (const [key, stored] of writes) {
      const name = Buffer.from(utf8Encode(key));
      if (stored === undefined) void this.#state.remove(name);
      else void this.#state.put(name, Buffer.from(stored.bytes));
    }
    for (const { path, version, page } of tree.pages)
      void this.#pages.put(Buffer.from(pageKey(path, version)), Buffer.from(encodePage(page)));
    for (const { path, version } of tree.stale) void this.#stale.put(staleKey(height, pageKey(path, version)), Buffer.alloc(0));
    for (const { staleKey: entry, pageKey: page } of pruned) {
      void this.#stale.remove(entry);
      void this.#pages.remove(page);
    }
    for (const receipt of receipts) {
      const place = placeKey(height, receipt.index);
      void this.#receipts.put(place, Buffer.from(receipt.bytes));
      if (receipt.isCharged) void this.#operations.put(Buffer.from(receipt.operationHash), place);
    }
    void this.#meta.remove(PENDING);
    void this.#meta.put(HEAD, placeKey(height, keptFrom));
  }

  /** Pages that no root from `oldestKeptHeight` on uses, at most `limit`. */
  stalePages(oldestKeptHeight: number, limit: number): PrunedPage[] {
    const keys = this.#stale.getKeys({ end: heightKey(oldestKeptHeight + 1), limit });
    return [...keys].map((key) => ({ staleKey: Buffer.from(key), pageKey: Buffer.from(key.subarray(6)) }));
  }

  /** Bytes in use on disk. */
  sizeBytes(): number {
    const { pageSize, lastPageNumber } = this.#root.getStats() as { readonly pageSize: number; readonly lastPageNumber: number };
    return pageSize * (lastPageNumber + 1);
  }

  async #transaction(what: string, work: () => void): Promise<void> {
    try {
      // Not transaction(): with Node 24 its callback is never called (lmdb 3.5.6).
      await this.#root.batch(work);
    } catch (cause) {
      throw fault(what, cause);
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

function blockRecordToJson(record: BlockRecord): JsonObject {
  const { timeUnixMs, hash, root, resultsHash, bundles, blockBytes } = record;
  return {
    blockBytes,
    bundles: bundles.map(({ operationCount, code }) => [operationCount, code]),
    hash: base64urlEncode(hash),
    resultsHash: base64urlEncode(resultsHash),
    root: base64urlEncode(root.hash),
    rootVersion: root.version,
    timeUnixMs,
  };
}

function blockRecordOf(height: number, json: JsonObject): BlockRecord {
  const bytes = (field: string): Bytes => base64urlDecode(String(json[field])) ?? new Uint8Array(0);
  const bundles = (json['bundles'] as readonly (readonly [number, number])[]).map(([operationCount, code]) => ({ operationCount, code }));
  const root = { hash: bytes('root'), version: Number(json['rootVersion']) };
  return {
    height,
    timeUnixMs: Number(json['timeUnixMs']),
    hash: bytes('hash'),
    root,
    resultsHash: bytes('resultsHash'),
    bundles,
    blockBytes: Number(json['blockBytes']),
  };
}

/** Whether two stores' chains are one. */
export function isSameChain(left: { chainId: string; genesisHash: Bytes }, right: { chainId: string; genesisHash: Bytes }): boolean {
  return left.chainId === right.chainId && equalBytes(left.genesisHash, right.genesisHash);
}

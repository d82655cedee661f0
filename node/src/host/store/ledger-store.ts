import { type Bytes, base64urlDecode, base64urlEncode, encodeCanonical, equalBytes, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { type Database, open, type RootDatabase } from 'lmdb';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { RecentMap } from '../../core/recent-map.ts';
import type { PageStore } from '../../core/state/page-store.ts';
import type { KeyedRecord, KeyRange, RecordSource } from '../../core/state/records.ts';
import { runSteps } from '../../core/steps.ts';
import { type BlockRecord, blockRecordOf, blockRecordToJson } from './block-record.ts';
import type { CommitWrites, EncodedCommit } from './commit-writes.ts';
import type { RecordEntry } from './entry-text.ts';
import { FailedPackets } from './failed-packets.ts';
import { CACHED_RECORDS_MAX, FAILED_PACKETS_KEPT_MAX, MAP_BYTES, STORE_FORMAT, STORE_LIMITS, type StoreLimits } from './limits.ts';
import { OperationIndex } from './operation-index.ts';
import { ReceiptChunks } from './receipt-chunks.ts';
import { RecordTable } from './record-table.ts';
import { type AheadWork, SaveAhead } from './save-ahead.ts';
import { storeBytes } from './store-bytes.ts';
import { prepareFile } from './store-file.ts';
import { heightKey, placeKey, placeOf } from './store-keys.ts';
import { TextShapes } from './text-shapes.ts';
import { type PrunedHistory, TreePages } from './tree-pages.ts';

export type { BlockRecord } from './block-record.ts';
export type { CommitWrites, EncodedCommit } from './commit-writes.ts';
export { NOTHING_PRUNED, type PrunedHistory } from './tree-pages.ts';

type Db = Database<Buffer, Buffer>;

/** The records of one commit, unchanged by later ones until it is released. */
interface StateOfCommit {
  readonly height: number;
  /** More than once is once. */
  release(): void;
}

/** LMDB uses no page again while this is held, whoever frees it: under load the file grows by some MB a second. */
export interface StateView extends StateOfCommit {
  /** In order, as the index finds them. */
  recordsByKey(): Iterable<RecordEntry>;
}

/** Holds none of the store's pages. */
export interface StateCopy extends StateOfCommit {
  /** About what the records take as texts. */
  readonly byteCount: number;
  /** Until the commit is durable. @throws StoreFault */
  readonly durable: Promise<void>;
  /**
   * In no order, each lent until the next is asked for; from when the commit is durable.
   *
   * @throws StoreFault also when blocks change them faster than they are read.
   */
  records(): Iterable<RecordEntry>;
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
const LIGHTS_FROM = Buffer.from('lights-from');

/** Reads a record's canonical bytes, which the tree commits to. @throws StoreFault when they are no JSON object. */
export function parseRecord(bytes: Bytes): JsonObject {
  const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new StoreFault('a state record is no object');
  return value as JsonObject;
}

/** The same bytes, not copied. */
function asBuffer(bytes: Bytes): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function fault(what: string, cause: unknown): StoreFault {
  return new StoreFault(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** Blocks, receipts, state and tree pages of one ledger in one LMDB environment. */
export class LedgerStore implements RecordSource, PageStore {
  #root: RootDatabase<Buffer, Buffer>;
  #meta: Db;
  #blocks: Db;
  #lights: Db;
  #records: Db;
  #receipts: ReceiptChunks;
  #operations: OperationIndex;
  #failed: FailedPackets;
  #state: RecordTable;
  #tree: TreePages;
  #ahead: SaveAhead;
  /** The commit that may not be durable yet. */
  #writing: { readonly height: number; readonly durable: Promise<void> } | undefined;
  readonly #cache = new RecentMap<string, JsonObject>(CACHED_RECORDS_MAX);

  /** @throws StoreFault when pages of the state tree that were not saved cannot be made again. */
  constructor(folder: string, { unsavedKeysMax, unsavedChangesMax, aheadCountMin }: StoreLimits = STORE_LIMITS) {
    const path = prepareFile(folder);
    // A commit is acknowledged when it is on the disk: no overlapping sync, whose flush comes after.
    const options = {
      path,
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
    const shapes = new TextShapes(openDb('shapes'));
    this.#receipts = new ReceiptChunks(openDb('receipts'), shapes);
    const [first = 0, second = 0] = crypto.getRandomValues(new Uint32Array(2));
    this.#operations = new OperationIndex({ runs: openDb('operations'), log: openDb('operation-log') }, [first, second]);
    this.#failed = new FailedPackets(openDb('failed-packets'), FAILED_PACKETS_KEPT_MAX);
    // Not the name that formats before this one have: theirs is refused by its number, not read as this one.
    this.#state = new RecordTable({ records: openDb('state-records'), index: openDb('state-index'), shapes }, unsavedKeysMax);
    this.#tree = new TreePages(openDb, unsavedChangesMax);
    const state = this.#state;
    const work: AheadWork = {
      prepareInSteps: () => state.arrangeInSteps(),
      transaction: (fill) => this.#transaction('saving what earlier blocks changed', fill),
    };
    this.#ahead = new SaveAhead([state, this.#tree], work, aheadCountMin);
    const chain = this.#meta.get(CHAIN);
    const isReadable = chain !== undefined && parseRecord(chain)['format'] === STORE_FORMAT;
    if (isReadable) this.#tree.recover(nodeCrypto.sha256, (height) => this.readBlockRecord(height)?.root);
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

  /** The lowest height whose light block may be missing; 0 when none is. */
  readLightsFrom(): number {
    const bytes = this.#meta.get(LIGHTS_FROM);
    return bytes === undefined ? 0 : bytes.readUIntBE(0, 6);
  }

  /** Light blocks that came after their commit, and from which height on others may still be missing (0: none). */
  async writeLightBlocks(lights: readonly { readonly height: number; readonly bytes: Bytes }[], missingFrom: number): Promise<void> {
    await this.#transaction('writing light blocks', () => {
      for (const { height, bytes } of lights) void this.#lights.put(heightKey(height), Buffer.from(bytes));
      if (missingFrom === 0) void this.#meta.remove(LIGHTS_FROM);
      else void this.#meta.put(LIGHTS_FROM, heightKey(missingFrom));
    });
  }

  readReceipt(height: number, index: number): Bytes | undefined {
    return this.#receipts.find(height, index);
  }

  /** Own packets to a peer that failed, newest first. */
  readFailedPackets(peer: string, limit: number): readonly JsonObject[] {
    return this.#failed.newest(peer, limit).map(parseRecord);
  }

  findOperation(operationHash: Bytes): { height: number; index: number } | undefined {
    return this.#operations.find(operationHash);
  }

  readPage(path: string): Bytes | undefined {
    return this.#tree.readPage(path);
  }

  readKeptPage(path: string, height: number): Bytes | undefined {
    return this.#tree.readKeptPage(path, height);
  }

  readHistory(height: number, path: string): Bytes | undefined {
    return this.#tree.readHistory(height, path);
  }

  get(key: string): JsonObject | undefined {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const bytes = this.#read(key);
    if (bytes === undefined) return undefined;
    const record = parseRecord(bytes);
    this.#cache.set(key, record);
    return record;
  }

  #read(key: string): Buffer | undefined {
    try {
      return this.#state.get(key);
    } catch (cause) {
      throw fault('reading state', cause);
    }
  }

  scan(range: KeyRange): readonly KeyedRecord[] {
    try {
      return Array.from(this.#state.scan(range), ({ key, value }) => ({ key, record: parseRecord(value) }));
    } catch (cause) {
      throw fault('scanning state', cause);
    }
  }

  findLast(prefix: string, before: string): KeyedRecord | undefined {
    const last = this.#state.findLast(prefix, before);
    return last && { key: last.key, record: parseRecord(last.value) };
  }

  /** The state of the last commit; undefined in a new store. */
  readView(): StateView | undefined {
    const transaction = this.#root.useReadTransaction();
    const head = this.#meta.get(HEAD, { transaction });
    if (head === undefined) {
      transaction.done();
      return undefined;
    }
    const { height } = placeOf(head);
    // It may be visible here before whoever wrote it hears of it.
    this.#settle(height);
    let isHeld = true;
    return {
      height,
      recordsByKey: this.#state.view(transaction),
      release: () => {
        if (isHeld) transaction.done();
        isHeld = false;
      },
    };
  }

  /** The state of the last commit, or of the one that is being written; undefined in a new store. */
  copyState(): StateCopy | undefined {
    const head = this.readHead();
    if (head === undefined) return undefined;
    const { height = head.height, durable = Promise.resolve() } = this.#writing ?? {};
    return { height, durable, byteCount: this.#state.textBytes(), ...this.#state.copy() };
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
    const encoded = runSteps(this.encodeInSteps(commit));
    const record = { chainId: chain.chainId, format: STORE_FORMAT, genesisHash: base64urlEncode(chain.genesisHash) };
    await this.#transaction('writing genesis', () => {
      void this.#meta.put(CHAIN, Buffer.from(encodeCanonical(record)));
      this.#putCommit(commit, encoded);
    });
    this.#settle(commit.record.height);
  }

  /** What writeCommit writes of a commit. Nothing else may be committed between the two. */
  *encodeInSteps({ record, writes, receipts }: CommitWrites): Generator<void, EncodedCommit> {
    return {
      records: yield* this.#state.encode(writes),
      receipts: yield* this.#receipts.encode(record.height, receipts),
      operations: yield* this.#operations.encode(receipts.filter(({ isCharged }) => isCharged)),
    };
  }

  /** One block with all it changed, in one transaction; durable when it resolves. @throws StoreFault */
  async writeCommit(commit: CommitWrites, encoded: EncodedCommit = runSteps(this.encodeInSteps(commit))): Promise<void> {
    await this.#ahead.end();
    const durable = this.#transaction('committing a block', () => this.#putCommit(commit, encoded));
    this.#writing = { height: commit.record.height, durable };
    await durable;
    this.#writing = undefined;
    this.#settle(commit.record.height);
    for (const key of commit.writes.keys()) this.#cache.delete(key);
    this.#ahead.begin();
  }

  #settle(height: number): void {
    this.#tree.settle(height);
    this.#state.settle(height);
  }

  #putCommit(commit: CommitWrites, encoded: EncodedCommit): void {
    const { record, block, keptFrom } = commit;
    const { height } = record;
    const at = heightKey(height);
    if (block !== undefined) {
      if (block.bytes !== undefined) void this.#blocks.put(at, asBuffer(block.bytes));
      if (block.lightBlock !== undefined) void this.#lights.put(at, asBuffer(block.lightBlock));
      else if (this.readLightsFrom() === 0) void this.#meta.put(LIGHTS_FROM, at);
    }
    void this.#records.put(at, asBuffer(encodeCanonical(blockRecordToJson(record))));
    this.#state.put(height, encoded.records);
    this.#tree.put(height, commit);
    this.#receipts.put(encoded.receipts);
    this.#operations.put(height, encoded.operations);
    if (commit.failedPackets !== undefined) this.#failed.put(height, commit.failedPackets);
    void this.#meta.remove(PENDING);
    void this.#meta.put(HEAD, placeKey(height, keptFrom));
  }

  /** History that no root from `keptFrom` on needs: of this and earlier heights, at most `entriesMax` entries and one list more. */
  prunableHistory(keptFrom: number, entriesMax: number): PrunedHistory {
    return this.#tree.prunable(keptFrom, entriesMax);
  }

  /** Bytes in use on disk. */
  sizeBytes(): number {
    return storeBytes(this.#root.getStats());
  }

  async #transaction(what: string, work: () => void): Promise<void> {
    try {
      // Not transaction(): nothing here is read inside of it, and its writer would wait for a turn of this thread to call back.
      await this.#root.batch(work);
    } catch (cause) {
      throw fault(what, cause);
    }
  }

  /** Goes on as another store, which must not be used any more; this one's own environment is closed. */
  async adopt(restored: LedgerStore): Promise<void> {
    await Promise.all([this.#ahead.end(), restored.#ahead.end()]);
    const before = this.#root;
    this.#root = restored.#root;
    this.#meta = restored.#meta;
    this.#blocks = restored.#blocks;
    this.#lights = restored.#lights;
    this.#records = restored.#records;
    this.#receipts = restored.#receipts;
    this.#operations = restored.#operations;
    this.#failed = restored.#failed;
    this.#state = restored.#state;
    this.#tree = restored.#tree;
    this.#ahead = restored.#ahead;
    this.#cache.clear();
    await before.close();
  }

  async close(): Promise<void> {
    // What fails of it is saved after the next start.
    await this.#ahead.end().catch(() => undefined);
    await this.#root.close();
  }
}

/** Whether two stores' chains are one. */
export function isSameChain(left: { chainId: string; genesisHash: Bytes }, right: { chainId: string; genesisHash: Bytes }): boolean {
  return left.chainId === right.chainId && equalBytes(left.genesisHash, right.genesisHash);
}

import { mkdirSync, rmSync } from 'node:fs';
import { equalBytes, type Sha256, utf8Decode } from '@civitas/canon';
import { type CheckedManifest, encodeLightBlock, headerHash, type LightBlock, unixMsOf, type VerifiedChunk } from '@civitas/proofs';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { PageReader } from '../../core/state/page-store.ts';
import type { StoredRecord } from '../../core/state/records.ts';
import { applyChanges, EMPTY_ROOT, type TreeRoot, type TreeUpdate } from '../../core/state/tree.ts';
import { type BlockRecord, LedgerStore, NOTHING_PRUNED, parseRecord } from '../store/ledger-store.ts';

/** Certified headers that everything restored is checked against. */
export interface SnapshotAnchor {
  /** Of the snapshot's height. */
  readonly block: LightBlock;
  /** Of the height after it: carries the app hash and the results hash. */
  readonly next: LightBlock;
}

const NO_TREE: Omit<TreeUpdate, 'root' | 'pages'> = { removed: [], history: [], kept: [] };

/** Builds the store of a snapshot's height in a folder of its own, from verified chunks in any order, each once. */
export class StateRestore {
  readonly folder: string;
  readonly store: LedgerStore;
  readonly #sha256: Sha256;
  readonly #checked: CheckedManifest;
  readonly #anchor: SnapshotAnchor;
  readonly #reader: PageReader;
  readonly #applied = new Set<number>();
  #root: TreeRoot = EMPTY_ROOT;
  #recordCount = 0;

  /** Starts over: what an earlier attempt left in the folder goes. */
  constructor(request: {
    readonly sha256: Sha256;
    readonly folder: string;
    readonly checked: CheckedManifest;
    readonly anchor: SnapshotAnchor;
  }) {
    this.folder = request.folder;
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.store = new LedgerStore(this.folder);
    this.#sha256 = request.sha256;
    this.#checked = request.checked;
    this.#anchor = request.anchor;
    this.#reader = new PageReader(this.store, this.#sha256);
  }

  /** Chunks that are in the store. */
  get appliedCount(): number {
    return this.#applied.size;
  }

  get isComplete(): boolean {
    return this.#applied.size === this.#checked.manifest.chunks.length;
  }

  #record(): BlockRecord {
    const { manifest } = this.#checked;
    const { header } = this.#anchor.block;
    return {
      height: manifest.height,
      timeUnixMs: unixMsOf(header.time),
      hash: headerHash(this.#sha256, header),
      root: this.#root,
      resultsHash: this.#anchor.next.header.lastResultsHash,
      bundles: [],
      blockBytes: 0,
    };
  }

  /** Writes a chunk's records and grows the tree by them. @throws StoreFault */
  async apply(index: number, chunk: VerifiedChunk): Promise<void> {
    if (this.#applied.has(index)) return;
    const { height } = this.#checked.manifest;
    const writes = new Map<string, StoredRecord>();
    for (const { key, value } of chunk.records) {
      const name = utf8Decode(key);
      if (name === undefined) throw new StoreFault('a certified key is not UTF-8');
      writes.set(name, { record: parseRecord(value), bytes: value });
    }
    const update = applyChanges({ sha256: this.#sha256, reader: this.#reader }, this.#root, height, chunk.leaves);
    this.#root = update.root;
    const tree = { ...NO_TREE, root: update.root, pages: update.pages };
    await this.store.writeCommit({
      record: this.#record(),
      block: undefined,
      writes,
      tree,
      receipts: [],
      pruned: NOTHING_PRUNED,
      keptFrom: height,
    });
    this.#reader.commit(update);
    this.#applied.add(index);
    this.#recordCount += chunk.records.length;
  }

  /**
   * Compares root and count with what is certified, and names the chain: from here on the folder holds a whole store.
   *
   * @throws StoreFault when they differ, which no chunk that verified can bring about.
   */
  async finish(): Promise<LedgerStore> {
    const { manifest, recordCount } = this.#checked;
    if (!equalBytes(this.#root.hash, manifest.appHash)) throw new StoreFault(`restored state of ${manifest.height} has another root`);
    if (this.#recordCount !== recordCount) throw new StoreFault(`restored ${this.#recordCount} records of ${recordCount}`);
    const { block, next } = this.#anchor;
    const chain = { chainId: manifest.chainId, genesisHash: manifest.genesisHash };
    await this.store.writeGenesis(chain, {
      record: this.#record(),
      block: { lightBlock: encodeLightBlock(block) },
      writes: new Map(),
      tree: { ...NO_TREE, root: this.#root, pages: [] },
      receipts: [],
      pruned: NOTHING_PRUNED,
      keptFrom: manifest.height,
    });
    await this.store.writeLightBlocks([{ height: manifest.height + 1, bytes: encodeLightBlock(next) }], 0);
    return this.store;
  }

  async abandon(): Promise<void> {
    await this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, encodeCanonical, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { LightBlock } from '@civitas/proofs';
import { type FixtureBlock, nextBlock, someValidators } from '@civitas/proofs/testing';
import { applyWrites } from '../../core/ledger/execute-block.ts';
import { PageReader } from '../../core/state/page-store.ts';
import type { StoredRecord } from '../../core/state/records.ts';
import { EMPTY_ROOT, type TreeRoot } from '../../core/state/tree.ts';
import { type BlockRecord, LedgerStore, NOTHING_PRUNED } from '../store/ledger-store.ts';
import { LedgerSnapshots, type LedgerSnapshotsParts } from './ledger-snapshots.ts';

const { sha256 } = nodeCrypto;
export const CHAIN = { chainId: 'test-1', genesisHash: sha256(new Uint8Array(1)) };

export type Records = Readonly<Record<string, JsonObject | undefined>>;

export function someRecords(count: number, bytesEach: number): Record<string, JsonObject> {
  const filler = 'x'.repeat(bytesEach);
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`city.registry/entry/${n}`, { filler, n }]));
}

function writesOf(records: Records): Map<string, StoredRecord | undefined> {
  return new Map(Object.entries(records).map(([key, record]) => [key, record && { record, bytes: encodeCanonical(record) }]));
}

/** A store with its snapshots, in a temporary folder, written as the application writes it. */
export class SnapshotNode {
  readonly folder = mkdtempSync(join(tmpdir(), 'civitas-snapshot-'));
  readonly store = new LedgerStore(join(this.folder, 'ledger'));
  readonly snapshots: LedgerSnapshots;
  readonly logged: string[] = [];
  readonly faults: unknown[] = [];
  readonly reader = new PageReader(this.store, sha256);
  restoredCount = 0;
  joinedCount = 0;
  root: TreeRoot = EMPTY_ROOT;

  constructor(change: Partial<LedgerSnapshotsParts> = {}) {
    const log = (event: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      this.logged.push(`${event} ${JSON.stringify(fields)}`);
    };
    this.snapshots = new LedgerSnapshots({
      dataFolder: this.folder,
      store: this.store,
      crypto: nodeCrypto,
      chain: CHAIN,
      schedule: { intervalBlocks: 0, periodMs: 0 },
      log: { info: log, warn: log, error: log },
      onFault: (error) => this.faults.push(error),
      onRestored: () => {
        this.restoredCount++;
      },
      ...change,
    });
  }

  #record(height: number): BlockRecord {
    const hash = CHAIN.genesisHash;
    return { height, timeUnixMs: height * 1000, hash, root: this.root, resultsHash: hash, bundles: [], blockBytes: 0 };
  }

  async write(height: number, records: Records): Promise<void> {
    const writes = writesOf(records);
    const tree = applyWrites({ sha256, reader: this.reader }, this.root, height, writes);
    this.root = tree.root;
    const commit = {
      record: this.#record(height),
      block: undefined,
      writes,
      tree,
      receipts: [],
      pruned: NOTHING_PRUNED,
      keptFrom: 0,
    };
    await (height === 0 ? this.store.writeGenesis(CHAIN, commit) : this.store.writeCommit(commit));
    this.reader.commit(tree);
  }

  async close(): Promise<void> {
    await this.snapshots.close();
    await this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Certified light blocks 1 … count whose headers carry an app hash for every block before them. */
export function certifiedChain(appHashes: ReadonlyMap<number, Bytes>, count: number): (height: number) => Promise<LightBlock> {
  const keys = someValidators(4);
  const blocks: FixtureBlock[] = [];
  for (let height = 1; height <= count; height++) {
    blocks.push(nextBlock(CHAIN.chainId, blocks.at(-1), { keys, appHash: appHashes.get(height - 1) ?? new Uint8Array(32) }));
  }
  return (height) => {
    const block = blocks[height - 1];
    return block === undefined ? Promise.reject(new Error(`no header ${height}`)) : Promise.resolve(block.lightBlock);
  };
}

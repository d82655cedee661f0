import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderTarget, openBackup } from '@civitas/backup';
import { type Bytes, base64urlEncode, type CryptoPort, utf8Decode } from '@civitas/canon';
import { BACKUP_FILES, type BackupIdentity, type Genesis } from '@civitas/deployment';
import type { VerifiedChunk } from '@civitas/proofs';
import { applyWrites } from '../../core/ledger/execute-block.ts';
import { genesisState } from '../../core/ledger/genesis-state.ts';
import { StoreFault } from '../../core/ledger/refusal.ts';
import { REPLAY_PREFIX } from '../../core/ledger/replay-table.ts';
import { LINKS_PREFIX } from '../../core/links/records.ts';
import { MEMBERS } from '../../core/members/records.ts';
import { PROTOCOL } from '../../core/protocol/records.ts';
import { PageReader } from '../../core/state/page-store.ts';
import type { StoredRecord } from '../../core/state/records.ts';
import { EMPTY_ROOT, type TreeRoot } from '../../core/state/tree.ts';
import { VALIDATORS } from '../../core/validators/records.ts';
import { freeBytesOf } from '../engine/cometbft/disk-guard.ts';
import { genesisRecord } from '../ledger/ledger-application.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { compactStore } from '../store/compact-store.ts';
import { LedgerStore, NOTHING_PRUNED, parseRecord } from '../store/ledger-store.ts';
import { syncFolder } from '../store/sync-folder.ts';
import { isJoining } from './join-marker.ts';
import type { SnapshotLog } from './ledger-snapshots.ts';
import { BackupDamaged } from './restore-backup.ts';

/**
 * What of a chain's state is the chain itself: who may write and sign, what it has executed, what it has under way with others. None of it
 * is taken over, so that nothing that was signed for the old chain, and no packet of it, means anything on the new one.
 */
const CHAIN_PREFIXES: readonly string[] = [`${MEMBERS}/`, `${VALIDATORS}/`, `${PROTOCOL}/`, REPLAY_PREFIX, LINKS_PREFIX];

export interface FoundFromBackup {
  readonly dataFolder: string;
  readonly crypto: CryptoPort;
  readonly genesis: Genesis;
  readonly genesisHash: Bytes;
  readonly log: SnapshotLog;
}

/** A store at height 0 that grows by chunks. */
class Founding {
  readonly store: LedgerStore;
  readonly #crypto: CryptoPort;
  readonly #genesis: Genesis;
  readonly #reader: PageReader;
  #root: TreeRoot = EMPTY_ROOT;
  recordCount = 0;

  constructor(folder: string, crypto: CryptoPort, genesis: Genesis) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.store = new LedgerStore(folder);
    this.#crypto = crypto;
    this.#genesis = genesis;
    this.#reader = new PageReader(this.store, crypto.sha256);
  }

  #commitOf(writes: ReadonlyMap<string, StoredRecord | undefined>) {
    const { sha256 } = this.#crypto;
    const tree = applyWrites({ sha256, reader: this.#reader }, this.#root, 0, writes);
    this.#root = tree.root;
    const record = genesisRecord(sha256, tree.root, this.#genesis.genesisTimeUnixMs);
    return { record, block: undefined, writes, tree, receipts: [], pruned: NOTHING_PRUNED, keptFrom: 0 };
  }

  async take(chunk: VerifiedChunk): Promise<void> {
    const writes = new Map<string, StoredRecord>();
    for (const { key, value } of chunk.records) {
      const name = utf8Decode(key);
      if (name === undefined) throw new StoreFault('a certified key is not UTF-8');
      if (!CHAIN_PREFIXES.some((prefix) => name.startsWith(prefix))) writes.set(name, { record: parseRecord(value), bytes: value });
    }
    if (writes.size === 0) return;
    const commit = this.#commitOf(writes);
    await this.store.writeCommit(commit);
    this.#reader.commit(commit.tree);
    this.recordCount += writes.size;
  }

  /** Writes what the genesis itself says over it and names the chain: from here on the folder holds a whole store. */
  async finish(genesisHash: Bytes): Promise<void> {
    const state = genesisState(this.#crypto.sha256, this.#genesis);
    await this.store.writeGenesis({ chainId: this.#genesis.chainId, genesisHash }, this.#commitOf(state.changes));
    await this.store.close();
  }
}

/** @throws BackupDamaged when the backup on the volume is not, to the last record, the one that the genesis names. */
async function foundIn(folder: string, source: string, origin: BackupIdentity, request: FoundFromBackup): Promise<number> {
  const opened = await openBackup(new FolderTarget(source));
  if (!opened.ok) throw new BackupDamaged(`${opened.refusal.code} ${JSON.stringify(opened.refusal.facts)}`);
  const { facts, readChunk } = opened.value;
  const found = { ...facts, genesisHash: base64urlEncode(facts.genesisHash), appHash: base64urlEncode(facts.appHash) };
  for (const field of ['chainId', 'genesisHash', 'height', 'appHash'] as const)
    if (found[field] !== origin[field])
      throw new BackupDamaged(`the backup has ${field} ${found[field]}, the genesis names ${origin[field]}`);
  const founding = new Founding(folder, request.crypto, request.genesis);
  for (let index = 0; index < facts.chunkCount; index++) await founding.take(await readChunk(index));
  await founding.finish(request.genesisHash);
  await compactStore(folder, freeBytesOf);
  return founding.recordCount;
}

/**
 * Makes the store of a chain whose genesis names a backup as its origin: the records of the backup's state, under a membership, validators and
 * links of its own. Each validator does it for itself from its own copy, so their first app hash agrees only if they hold the same records.
 * A crash at any point starts over, and so does a join by snapshot that was broken off: the backup's copy stays until a block is durable.
 *
 * @throws BackupDamaged when the copy is missing or not the one that the genesis names: no store stands there then.
 */
export async function foundFromBackup(request: FoundFromBackup): Promise<void> {
  const { dataFolder, genesis, log } = request;
  const { origin } = genesis.appState;
  if (origin === undefined) return;
  const source = join(dataFolder, BACKUP_FILES.restore);
  const ledger = join(dataFolder, 'ledger');
  if (!existsSync(ledger)) {
    if (!existsSync(source)) throw new BackupDamaged(`the genesis names a backup of ${origin.chainId}, and none is on the volume`);
    const folder = join(dataFolder, 'ledger.restoring');
    const recordCount = await foundIn(folder, source, origin, request);
    renameSync(folder, ledger);
    syncFolder(dataFolder);
    log.info?.('founded-from-backup', { originChainId: origin.chainId, originHeight: origin.height, recordCount });
  } else if (existsSync(source) && (await heightOf(ledger)) > 0) {
    rmSync(source, { recursive: true, force: true });
  }
}

async function heightOf(folder: string): Promise<number> {
  const store = new LedgerStore(folder);
  try {
    return store.readHead()?.height ?? 0;
  } finally {
    await store.close();
  }
}

/** Drops the copy of the backup that a chain was founded from at the first block that no broken join takes away again. */
export function dropOriginWhenFollowed(dataFolder: string, ledger: Pick<LedgerHost, 'onCommit'>): void {
  const source = join(dataFolder, BACKUP_FILES.restore);
  if (!existsSync(source)) return;
  const stop = ledger.onCommit(() => {
    if (isJoining(dataFolder)) return;
    stop();
    // Tried again at the next start, which fails where this does.
    rm(source, { recursive: true, force: true }).catch(() => undefined);
  });
}

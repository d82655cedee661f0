import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { accept, type Bytes, type CryptoPort, equalBytes, type Result, refuse } from '@civitas/canon';
import {
  type CheckedManifest,
  checkManifest,
  checkSnapshotHeader,
  type LightBlock,
  parseManifest,
  SNAPSHOT_FORMAT,
  type SnapshotManifest,
  verifyChunk,
} from '@civitas/proofs';
import type { EventName } from '@civitas/telemetry';
import { freeBytesOf } from '../engine/cometbft/disk-guard.ts';
import { compactStore } from '../store/compact-store.ts';
import { LedgerStore, type StateCopy } from '../store/ledger-store.ts';
import { storeFile } from '../store/store-file.ts';
import { syncFolder } from '../store/sync-folder.ts';
import { DiskRoom, NoRoom } from './disk-room.ts';
import {
  BAD_CHUNKS_MAX,
  BAD_SENDERS_MAX,
  PROGRESS_LINES,
  SNAPSHOT_BYTES_PER_STATE_BYTE,
  SNAPSHOTS_KEPT,
  STORE_BYTES_PER_CHUNK_BYTE,
} from './limits.ts';
import { StateRestore } from './restore-state.ts';
import { SnapshotFolder } from './snapshot-folder.ts';
import { isSnapshotDue, type SnapshotSchedule } from './snapshot-schedule.ts';
import type { SnapshotCounts } from './snapshot-source.ts';
import type { ChunkVerdict, OfferedChunk, OfferedSnapshot, OfferVerdict, SnapshotStore } from './snapshot-store.ts';
import { DamagedState, takeSnapshot } from './take-snapshot.ts';

type Log = (event: EventName, fields?: Readonly<Record<string, unknown>>) => void;

export interface SnapshotLog {
  readonly info?: Log;
  readonly warn?: Log;
  readonly error: Log;
}

export interface LedgerSnapshotsParts {
  readonly dataFolder: string;
  readonly store: LedgerStore;
  readonly crypto: CryptoPort;
  readonly chain: { readonly chainId: string; readonly genesisHash: Bytes };
  readonly schedule: SnapshotSchedule;
  readonly log: SnapshotLog;
  /** Bytes left on the volume; default asks the system. */
  readonly free?: () => number;
  /** The store failed: the process must stop. */
  readonly onFault: (error: unknown) => void;
  /** The store holds another state than before: whoever keeps some of it in memory reads it again. */
  readonly onRestored: () => void;
}

/** What a node that joins by snapshot brings. */
export interface JoinPort {
  /** Verified from the genesis on. Rejects when no peer shows it. */
  certifiedLightBlock(height: number): Promise<LightBlock>;
  /** The first block after the snapshot is durable: the node has joined. */
  joined(): void;
}

const ACCEPT: ChunkVerdict = { result: 'accept', rejectSenders: [] };

/** Takes, keeps, serves and restores the snapshots of one ledger. */
export class LedgerSnapshots implements SnapshotStore {
  readonly #parts: LedgerSnapshotsParts;
  readonly #folder: SnapshotFolder;
  readonly #room: DiskRoom;
  readonly #stopping = new AbortController();
  readonly #counts = { taken: 0, skipped: 0, 'no-room': 0, failed: 0 };
  #taking: { readonly height: number; readonly done: Promise<number> } | undefined;
  #join: JoinPort | undefined;
  #restore:
    | { readonly state: StateRestore; readonly checked: CheckedManifest; badChunkCount: number; readonly badSenders: Set<string> }
    | undefined;

  constructor(parts: LedgerSnapshotsParts) {
    this.#parts = parts;
    this.#folder = new SnapshotFolder(join(parts.dataFolder, 'snapshots'), SNAPSHOTS_KEPT);
    this.#room = new DiskRoom(parts.free ?? (() => freeBytesOf(parts.dataFolder)));
  }

  /** From now on a snapshot that is offered and certified is restored. */
  joinBy(port: JoinPort): void {
    this.#join = port;
  }

  /** Called in the turn of each commit, so that the snapshot is of this height and of no later one. */
  committed(block: { readonly height: number; readonly timeUnixMs: number }): void {
    const { schedule, chain, store, log } = this.#parts;
    const { height } = block;
    this.#join?.joined();
    this.#join = undefined;
    if (!isSnapshotDue(schedule, chain.genesisHash, block, (before) => store.readBlockRecord(before)?.timeUnixMs)) return;
    if (this.#taking !== undefined) {
      this.#counts.skipped++;
      log.warn?.('snapshot-skipped', { height, reason: 'the one before is still being taken' });
      return;
    }
    this.begin();
  }

  /** How the snapshots that were to be taken since the process started ended. */
  counts(): SnapshotCounts {
    return { ...this.#counts };
  }

  /**
   * Begins a snapshot of the last commit, or joins the one being taken.
   *
   * @returns its height; it is listed once it is whole. Refused with SNAPSHOT_NO_ROOM, and nothing was written then.
   */
  begin(): Result<number> {
    const begun = this.#begun();
    if (!(begun instanceof NoRoom)) return accept(begun.height);
    return refuse('SNAPSHOT_NO_ROOM', { freeBytes: begun.freeBytes, neededBytes: begun.neededBytes });
  }

  /**
   * Takes a snapshot of the last commit, or joins the one being taken.
   *
   * @returns its height. Rejects with NoRoom, when the node stops meanwhile, when the disk fails, and when the records do not give the app hash.
   */
  async take(): Promise<number> {
    const begun = this.#begun();
    if (begun instanceof NoRoom) throw begun;
    return begun.done;
  }

  #begun(): { readonly height: number; readonly done: Promise<number> } | NoRoom {
    if (this.#taking !== undefined) return this.#taking;
    const copy = this.#parts.store.copyState();
    if (copy === undefined) throw new Error('the store is empty');
    try {
      this.#room.assertFor(copy.byteCount * SNAPSHOT_BYTES_PER_STATE_BYTE);
    } catch (error) {
      copy.release();
      if (!(error instanceof NoRoom)) throw error;
      this.#failed(copy.height, error);
      return error;
    }
    const done = this.#take(copy).finally(() => {
      this.#taking = undefined;
    });
    // Whoever only begins it learns from the log how it ended.
    done.catch(() => undefined);
    this.#taking = { height: copy.height, done };
    return this.#taking;
  }

  #failed(height: number, error: unknown): void {
    const isNoRoom = error instanceof NoRoom;
    this.#counts[isNoRoom ? 'no-room' : 'failed']++;
    const facts = isNoRoom ? { freeBytes: error.freeBytes, neededBytes: error.neededBytes } : { message: String(error) };
    this.#parts.log.error(isNoRoom ? 'snapshot-no-room' : 'snapshot-failed', { height, ...facts });
  }

  async #take(copy: StateCopy): Promise<number> {
    const { store, crypto, chain, log, onFault } = this.#parts;
    const { height } = copy;
    try {
      await copy.durable;
      if (this.#folder.findManifest(height) !== undefined) return height;
      const appHash = store.readBlockRecord(height)?.root.hash;
      if (appHash === undefined) throw new Error(`the store has no record of its head ${height}`);
      const startedMs = performance.now();
      const request = {
        sha256: crypto.sha256,
        folder: this.#folder,
        chain,
        copy,
        appHash,
        room: this.#room,
        signal: this.#stopping.signal,
      };
      const { chunks } = await takeSnapshot(request);
      this.#counts.taken++;
      log.info?.('snapshot-taken', { height, chunkCount: chunks.length, seconds: (performance.now() - startedMs) / 1000 });
      return height;
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#failed(height, error);
      // Records that do not give the root are a damaged store; a full disk costs this snapshot alone.
      if (error instanceof DamagedState) onFault(error);
      throw error;
    } finally {
      copy.release();
    }
  }

  heights(): readonly number[] {
    return this.#folder.heights();
  }

  findManifest(height: number): Bytes | undefined {
    return this.#folder.findManifest(height);
  }

  findChunk(height: number, index: number): Promise<Bytes | undefined> {
    return this.#folder.findChunk(height, index);
  }

  listSnapshots(): readonly OfferedSnapshot[] {
    const { sha256 } = this.#parts.crypto;
    const offered: OfferedSnapshot[] = [];
    for (const height of this.#folder.heights()) {
      const metadata = this.#folder.findManifest(height);
      const manifest = metadata && parseManifest(metadata);
      if (metadata === undefined || !manifest?.ok) continue;
      offered.push({ height, format: SNAPSHOT_FORMAT, chunkCount: manifest.value.chunks.length, hash: sha256(metadata), metadata });
    }
    return offered;
  }

  async loadChunk(request: { readonly height: number; readonly format: number; readonly index: number }): Promise<Bytes | undefined> {
    return request.format === SNAPSHOT_FORMAT ? this.#folder.findChunk(request.height, request.index) : undefined;
  }

  /** A manifest that does not fold to the certified app hash is refused here, before a chunk of it is fetched. */
  async offer(snapshot: OfferedSnapshot, appHash: Bytes): Promise<OfferVerdict> {
    const { crypto, chain, log, dataFolder, store } = this.#parts;
    const joining = this.#join;
    const reject = (reason: string, verdict: OfferVerdict = 'reject'): OfferVerdict => {
      log.warn?.('snapshot-refused', { height: snapshot.height, reason });
      return verdict;
    };
    await this.#restore?.state.abandon();
    this.#restore = undefined;
    if (joining === undefined) return reject('this node does not join by snapshot', 'abort');
    if ((store.readHead()?.height ?? 0) > 0) return reject('this node holds blocks already', 'abort');
    if (snapshot.format !== SNAPSHOT_FORMAT) return reject(`format ${snapshot.format}`, 'reject-format');
    if (!equalBytes(crypto.sha256(snapshot.metadata), snapshot.hash)) return reject('the manifest has another hash');
    const parsed = parseManifest(snapshot.metadata);
    if (!parsed.ok) return reject(JSON.stringify(parsed.refusal));
    const manifest = parsed.value;
    if (manifest.height !== snapshot.height || manifest.chunks.length !== snapshot.chunkCount)
      return reject('the manifest is of another snapshot');
    if (manifest.chainId !== chain.chainId || !equalBytes(manifest.genesisHash, chain.genesisHash)) return reject('another chain');
    if (!equalBytes(manifest.appHash, appHash)) return reject('another app hash than is certified');
    const checked = checkManifest(crypto.sha256, manifest);
    if (!checked.ok) return reject(JSON.stringify(checked.refusal));
    const [block, next] = [await joining.certifiedLightBlock(manifest.height), await joining.certifiedLightBlock(manifest.height + 1)];
    const certified = checkSnapshotHeader(manifest, next.header);
    if (!certified.ok) return reject(JSON.stringify(certified.refusal));
    this.#assertRoomFor(manifest);
    const folder = join(dataFolder, 'ledger.restoring');
    const state = new StateRestore({ sha256: crypto.sha256, folder, checked: checked.value, anchor: { block, next } });
    this.#restore = { state, checked: checked.value, badChunkCount: 0, badSenders: new Set() };
    log.info?.('snapshot-accepted', {
      height: manifest.height,
      chunkCount: manifest.chunks.length,
      recordCount: checked.value.recordCount,
    });
    return 'accept';
  }

  /** A volume that cannot hold the state is a fault of its own, which no other peer's snapshot mends: the node stops and says so. */
  #assertRoomFor({ height, chunks }: SnapshotManifest): void {
    const chunkBytes = chunks.reduce((sum, { byteCount }) => sum + byteCount, 0);
    try {
      this.#room.assertFor(chunkBytes * STORE_BYTES_PER_CHUNK_BYTE);
    } catch (error) {
      this.#parts.log.error('snapshot-no-room', { height, message: String(error) });
      this.#parts.onFault(error);
      throw error;
    }
  }

  async applyChunk({ index, bytes, sender }: OfferedChunk): Promise<ChunkVerdict> {
    const { crypto, log } = this.#parts;
    const restore = this.#restore;
    if (restore === undefined || index >= restore.checked.manifest.chunks.length) return { result: 'abort', rejectSenders: [] };
    const chunk = verifyChunk(crypto.sha256, restore.checked, index, bytes);
    if (!chunk.ok) {
      restore.badChunkCount++;
      restore.badSenders.add(sender);
      log.warn?.('snapshot-chunk-refused', { ...chunk.refusal.facts, sender });
      const isHopeless = restore.badChunkCount >= BAD_CHUNKS_MAX || restore.badSenders.size >= BAD_SENDERS_MAX;
      return { result: isHopeless ? 'reject-snapshot' : 'retry', rejectSenders: sender === '' ? [] : [sender] };
    }
    await restore.state.apply(index, chunk.value);
    this.#tellProgress(restore);
    if (!restore.state.isComplete) return ACCEPT;
    const restored = await restore.state.finish();
    // A whole store: nothing is left to abandon.
    this.#restore = undefined;
    await restored.close();
    await compactStore(restore.state.folder, freeBytesOf);
    await this.#adopt(restore.state.folder);
    log.info?.('snapshot-restored', { height: restore.checked.manifest.height, recordCount: restore.checked.recordCount });
    return ACCEPT;
  }

  #tellProgress({ state: { appliedCount }, checked: { manifest } }: { state: StateRestore; checked: CheckedManifest }): void {
    const chunkCount = manifest.chunks.length;
    if (appliedCount % Math.ceil(chunkCount / PROGRESS_LINES) !== 0) return;
    this.#parts.log.info?.('snapshot-restoring', { height: manifest.height, appliedCount, chunkCount });
  }

  /** One rename puts the restored store in the place of the empty one; its environment stays open on the file that moved. */
  async #adopt(folder: string): Promise<void> {
    const { store, dataFolder, onRestored } = this.#parts;
    const target = join(dataFolder, 'ledger');
    const restored = new LedgerStore(folder);
    renameSync(storeFile(folder), storeFile(target));
    syncFolder(target);
    await store.adopt(restored);
    onRestored();
  }

  /** Ends what is being taken or restored; nothing half done stays. */
  async close(): Promise<void> {
    this.#stopping.abort(new Error('the node stops'));
    await this.#taking?.done.catch(() => undefined);
    const restore = this.#restore;
    this.#restore = undefined;
    await restore?.state.abandon();
  }
}

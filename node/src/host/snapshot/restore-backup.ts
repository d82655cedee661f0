import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoPort, equalBytes } from '@civitas/canon';
import { BACKUP_FILES, type NodeConfig } from '@civitas/deployment';
import { type CheckedBackup, checkBackup, isDecidedBlock, unixNanosOf, verifyChunk } from '@civitas/proofs';
import { freeBytesOf } from '../engine/cometbft/disk-guard.ts';
import { compactStore } from '../store/compact-store.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import { syncFolder } from '../store/sync-folder.ts';
import { dropChain } from './join-marker.ts';
import type { SnapshotLog } from './ledger-snapshots.ts';
import { StateRestore } from './restore-state.ts';

/** What was put on a volume as a backup is not what it was: the volume must be restored again. */
export class BackupDamaged extends Error {
  override readonly name = 'BackupDamaged';
}

function readLights(folder: string): Uint8Array[] {
  const names = readdirSync(folder).sort();
  return names.map((name) => new Uint8Array(readFileSync(join(folder, name))));
}

type Source = Pick<RestoreBackup, 'crypto' | 'dataFolder' | 'genesisHash'> & { readonly source: string };

function readFrom(source: string, name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(source, name)));
}

/** Verifies the backup in `source` and makes a store of it, beside the ledger, which `finish` is given before it takes its place. */
async function restoreInto(request: Source, finish: (store: LedgerStore, backup: CheckedBackup) => Promise<void>): Promise<number> {
  const { crypto, dataFolder, source } = request;
  const pages = { genesis: readFrom(source, BACKUP_FILES.genesis), manifest: readFrom(source, BACKUP_FILES.manifest) };
  const backup = checkBackup(crypto, { ...pages, lightBlocks: readLights(join(source, BACKUP_FILES.lights)) });
  if (!backup.ok) throw new BackupDamaged(`${backup.refusal.code} ${JSON.stringify(backup.refusal.facts)}`);
  const { checked, block, next, genesisHash } = backup.value;
  if (!equalBytes(genesisHash, request.genesisHash)) throw new BackupDamaged('the backup is of another genesis than this node has');
  const folder = join(dataFolder, 'ledger.restoring');
  const state = new StateRestore({ sha256: crypto.sha256, folder, checked, anchor: { block, next } });
  for (const index of checked.manifest.chunks.keys()) {
    const name = join(BACKUP_FILES.chunks, BACKUP_FILES.chunk(index));
    const chunk = verifyChunk(crypto.sha256, checked, index, readFrom(source, name));
    if (!chunk.ok) throw new BackupDamaged(`${name}: ${JSON.stringify(chunk.refusal.facts)}`);
    await state.apply(index, chunk.value);
  }
  const store = await state.finish();
  await finish(store, backup.value);
  await store.close();
  await compactStore(folder, freeBytesOf);
  renameSync(folder, join(dataFolder, 'ledger'));
  syncFolder(dataFolder);
  return checked.manifest.height;
}

/** The embedded engine has signed the block after the snapshot: it must sign it again and no other at its height. */
function keepNextBlock(source: string, { sha256 }: CryptoPort): (store: LedgerStore, backup: CheckedBackup) => Promise<void> {
  return async (store, { checked, next }) => {
    const bytes = readFrom(source, BACKUP_FILES.nextBlock);
    const [signature] = next.commit.signatures;
    if (signature === undefined || !isDecidedBlock(sha256, bytes, next))
      throw new BackupDamaged(`${BACKUP_FILES.nextBlock} was never decided`);
    await store.writePending({ height: checked.manifest.height + 1, voteTimeNanos: unixNanosOf(signature.time), bytes });
  };
}

export interface RestoreBackup {
  readonly dataFolder: string;
  readonly crypto: CryptoPort;
  readonly genesisHash: Uint8Array;
  /** CometBFT's own stores are not in a backup, so only a chain of the embedded engine goes on from one. */
  readonly engine: NodeConfig['engine'];
  readonly log: SnapshotLog;
}

/**
 * Makes the store of a volume that `civitas restore` prepared. A crash at any point starts over; the backup's copy goes at the end.
 *
 * @throws BackupDamaged when anything in it does not verify: nothing of it stands in the store then.
 */
export async function restoreBackup(request: RestoreBackup): Promise<void> {
  const { dataFolder, crypto, log } = request;
  const source = join(dataFolder, BACKUP_FILES.restore);
  if (!existsSync(source)) return;
  if (request.engine !== 'embedded') throw new BackupDamaged('a node on CometBFT starts from its peers (stateSync), not from a backup');
  if (!existsSync(join(dataFolder, 'ledger'))) {
    const height = await restoreInto({ ...request, source }, keepNextBlock(source, crypto));
    log.info?.('backup-restored', { height });
  }
  rmSync(source, { recursive: true, force: true });
}

const DONE = `${BACKUP_FILES.rebuild}.done`;

/**
 * Drops what a node beside living peers has and makes its store of the backup of its own chain that was put on its volume; its engine is
 * brought to the same height by `startJoin`, and what came after is fetched from the peers. Until a block after it is durable the backup
 * stays, and each start begins anew, so that ledger and engine never stand at different heights. The key's sign state stays.
 *
 * @returns whether there was one. @throws BackupDamaged when anything in it does not verify: the node has no ledger then.
 */
export async function rebuildFromBackup(request: Omit<RestoreBackup, 'engine'>): Promise<boolean> {
  const { dataFolder, log } = request;
  rmSync(join(dataFolder, DONE), { recursive: true, force: true });
  const source = join(dataFolder, BACKUP_FILES.rebuild);
  if (!existsSync(source)) return false;
  dropChain(dataFolder);
  const height = await restoreInto({ ...request, source }, async () => undefined);
  log.info?.('ledger-rebuilt-from-backup', { height });
  return true;
}

/** Whether the store was made from a backup and no block has followed yet. */
export function isRebuilding(dataFolder: string): boolean {
  return existsSync(join(dataFolder, BACKUP_FILES.rebuild));
}

/** A block after the backup is durable, so ledger and engine go on from where they are. */
export function endRebuilding(dataFolder: string): void {
  renameSync(join(dataFolder, BACKUP_FILES.rebuild), join(dataFolder, DONE));
  syncFolder(dataFolder);
  rmSync(join(dataFolder, DONE), { recursive: true, force: true });
}

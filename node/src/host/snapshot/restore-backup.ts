import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CryptoPort, equalBytes } from '@civitas/canon';
import { BACKUP_FILES, type NodeConfig } from '@civitas/deployment';
import { checkBackup, isDecidedBlock, unixNanosOf, verifyChunk } from '@civitas/proofs';
import { syncFolder } from '../store/sync-folder.ts';
import type { SnapshotLog } from './ledger-snapshots.ts';
import { StateRestore } from './restore-state.ts';

/** What `civitas restore` has put on a volume is not what it was: the volume must be restored again. */
export class BackupDamaged extends Error {
  override readonly name = 'BackupDamaged';
}

function readLights(folder: string): Uint8Array[] {
  const names = readdirSync(folder).sort();
  return names.map((name) => new Uint8Array(readFileSync(join(folder, name))));
}

async function restoreInto(request: RestoreBackup, source: string): Promise<number> {
  const { crypto, dataFolder } = request;
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(source, name)));
  const lightBlocks = readLights(join(source, BACKUP_FILES.lights));
  const backup = checkBackup(crypto, { genesis: read(BACKUP_FILES.genesis), manifest: read(BACKUP_FILES.manifest), lightBlocks });
  if (!backup.ok) throw new BackupDamaged(`${backup.refusal.code} ${JSON.stringify(backup.refusal.facts)}`);
  const { checked, block, next, genesisHash } = backup.value;
  if (!equalBytes(genesisHash, request.genesisHash)) throw new BackupDamaged('the backup is of another genesis than this node has');
  const folder = join(dataFolder, 'ledger.restoring');
  const state = new StateRestore({ sha256: crypto.sha256, folder, checked, anchor: { block, next } });
  for (const index of checked.manifest.chunks.keys()) {
    const name = join(BACKUP_FILES.chunks, BACKUP_FILES.chunk(index));
    const chunk = verifyChunk(crypto.sha256, checked, index, read(name));
    if (!chunk.ok) throw new BackupDamaged(`${name}: ${JSON.stringify(chunk.refusal.facts)}`);
    await state.apply(index, chunk.value);
  }
  const store = await state.finish();
  const bytes = read(BACKUP_FILES.nextBlock);
  const [signature] = next.commit.signatures;
  if (signature === undefined || !isDecidedBlock(crypto.sha256, bytes, next))
    throw new BackupDamaged(`${BACKUP_FILES.nextBlock} was never decided`);
  // The embedded engine has signed this block: it must sign it again and no other at its height.
  await store.writePending({ height: checked.manifest.height + 1, voteTimeNanos: unixNanosOf(signature.time), bytes });
  await store.close();
  renameSync(folder, join(dataFolder, 'ledger'));
  syncFolder(dataFolder);
  return checked.manifest.height;
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
  const { dataFolder, log } = request;
  const source = join(dataFolder, BACKUP_FILES.restore);
  if (!existsSync(source)) return;
  if (request.engine !== 'embedded') throw new BackupDamaged('a node on CometBFT starts from its peers (stateSync), not from a backup');
  if (!existsSync(join(dataFolder, 'ledger'))) {
    const height = await restoreInto(request, source);
    log.info?.('backup-restored', { height });
  }
  rmSync(source, { recursive: true, force: true });
}

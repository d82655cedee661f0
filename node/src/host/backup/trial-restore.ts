import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type BackupFacts, BackupRefused, type BackupTarget, openBackup } from '@civitas/backup';
import { type Bytes, type CryptoPort, isJsonObject, parseCanonical } from '@civitas/canon';
import type { BackupReport } from '@civitas/deployment';
import { GENESIS_BYTES_MAX } from '../config/limits.ts';
import { StateRestore } from '../snapshot/restore-state.ts';

export type BackupStanding = NonNullable<Extract<BackupReport, { ok: true }>['backup']>;

/** A backup that was restored into a store of its own, which is gone again. */
export interface TrialRestore {
  readonly facts: BackupFacts;
  readonly domain: string;
  readonly continues: boolean;
}

function domainOf(genesis: Bytes): string {
  const parsed = parseCanonical(genesis, GENESIS_BYTES_MAX);
  const appState = parsed.ok && isJsonObject(parsed.value) ? parsed.value['appState'] : undefined;
  return isJsonObject(appState) && typeof appState['domain'] === 'string' ? appState['domain'] : '';
}

/**
 * Reads a whole backup from where it is stored and restores it as a node would: every record in a store, whose root and count must be the
 * certified ones.
 *
 * @param scratch folder with room for the store, three times the backup. @throws BackupRefused, BackupFault, StoreFault when the scratch fails.
 */
export async function trialRestore(target: BackupTarget, crypto: CryptoPort, scratch: string): Promise<TrialRestore> {
  const opened = await openBackup(target);
  if (!opened.ok) throw new BackupRefused('backup', opened.refusal);
  const { backup, facts, genesis, nextBlock, readChunk } = opened.value;
  const { checked, block, next } = backup;
  const folder = join(scratch, 'trial');
  const restore = new StateRestore({ sha256: crypto.sha256, folder, checked, anchor: { block, next } });
  try {
    for (const index of checked.manifest.chunks.keys()) await restore.apply(index, await readChunk(index));
    await restore.finish();
  } finally {
    await restore.abandon();
    rmSync(folder, { recursive: true, force: true });
  }
  return { facts, domain: domainOf(genesis), continues: nextBlock.length > 0 };
}

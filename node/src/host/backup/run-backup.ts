import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BackupFault, BackupRefused, type BackupTarget, removeBackup, targetBelow } from '@civitas/backup';
import { base64urlEncode, type CryptoPort, isJsonObject, type JsonObject, parseCanonical } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { BackupConfig, BackupReport, BackupTask } from '@civitas/deployment';
import { type EventName, type Logger, openLogger } from '@civitas/telemetry';
import { GENESIS_BYTES_MAX } from '../config/limits.ts';
import type { Pod } from '../config/pod.ts';
import { openCertificateFolder } from '../tls/certificate-folder.ts';
import { fetchToVolume, replaceOnVolume } from './fetch.ts';
import { MESSAGE_CHARS_MAX, REPORT_CHARS_MAX } from './limits.ts';
import { openNodeSource } from './node-source.ts';
import { openTarget } from './open-target.ts';
import { parseBackupConfig } from './parse-backup-config.ts';
import { takeToTarget } from './take.ts';
import { type BackupStanding, trialRestore } from './trial-restore.ts';

export interface RunBackupOptions {
  readonly pod: Pod;
  readonly version: string;
  /** BackupConfig, JSON: the pod's own argument. */
  readonly config: string;
  readonly crypto?: CryptoPort;
}

interface Work {
  readonly pod: Pod;
  readonly config: BackupConfig;
  readonly target: BackupTarget;
  readonly crypto: CryptoPort;
  readonly log: Logger;
}

function readGenesis(path: string): JsonObject {
  const parsed = parseCanonical(new Uint8Array(readFileSync(path)), GENESIS_BYTES_MAX);
  if (!parsed.ok) throw new BackupRefused('genesis', parsed.refusal);
  if (!isJsonObject(parsed.value)) throw new Error(`${path} is no genesis document`);
  return parsed.value;
}

/** What stands at the target, by a trial restore. */
async function standingOf({ target, crypto, pod, log }: Work, folder: string): Promise<BackupStanding> {
  const { facts, domain, continues } = await trialRestore(targetBelow(target, folder), crypto, pod.pathOf('scratch'));
  const { chainId, genesisHash, height, appHash, recordCount, byteCount, chunkCount } = facts;
  log.info('backup-verified', { folder, height, recordCount });
  const hashes = { genesisHash: base64urlEncode(genesisHash), appHash: base64urlEncode(appHash) };
  return { chainId, ...hashes, height, recordCount, byteCount, chunkCount, domain, continues };
}

async function take(work: Work, task: Extract<BackupTask, { type: 'take' }>): Promise<BackupReport> {
  const { pod, config, target, log } = work;
  const { chainId, node, address } = task;
  const certificates = await openCertificateFolder({ folder: pod.pathOf('tls'), nowUnixMs: Date.now, onChange: () => undefined });
  const source = openNodeSource({ chainId, node, address, provider: certificates.provider });
  try {
    const genesis = readGenesis(pod.pathOf('genesis'));
    const note = (event: EventName, fields: Readonly<Record<string, unknown>>): void => log.info(event, fields);
    const folder = await takeToTarget({ source, target, chainId, genesis, id: config.id, log: note });
    return { ok: true, folder, backup: await standingOf(work, folder) };
  } finally {
    source.close();
    certificates.close();
  }
}

async function perform(work: Work): Promise<BackupReport> {
  const { config, target, pod, log } = work;
  const { task } = config;
  switch (task.type) {
    case 'take':
      return take(work, task);
    case 'verify':
      return { ok: true, folder: task.folder, backup: await standingOf(work, task.folder) };
    case 'fetch': {
      const put = await fetchToVolume(target, task, pod.pathOf('data'));
      log.info(put ? 'backup-fetched' : 'volume-holds-a-chain', { folder: task.folder });
      return { ok: true, folder: task.folder };
    }
    case 'replace': {
      const put = await replaceOnVolume(target, task, pod.pathOf('data'));
      log.info(put ? 'backup-fetched' : 'volume-was-rebuilt', { folder: task.folder, rebuild: task.rebuild });
      return { ok: true, folder: task.folder };
    }
    case 'remove':
      await removeBackup(targetBelow(target, task.folder));
      log.info('backup-removed', { folder: task.folder });
      return { ok: true, folder: task.folder };
  }
}

function failureOf(error: unknown): Extract<BackupReport, { ok: false }> {
  const code = error instanceof BackupFault ? error.code : error instanceof BackupRefused ? error.refusal.code : 'BACKUP_FAILED';
  return { ok: false, code, message: (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_CHARS_MAX) };
}

function leaveReport(pod: Pod, report: BackupReport): void {
  const path = pod.pathOf('termination');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(report).slice(0, REPORT_CHARS_MAX));
}

/**
 * Does the one task of a backup pod and leaves its outcome as the container's last words.
 *
 * @returns the exit code: 0, or 1 for what is told in the report.
 */
export async function runBackup({ pod, version, config: text, crypto = nodeCrypto }: RunBackupOptions): Promise<0 | 1> {
  const parsed = parseBackupConfig(text);
  if (!parsed.ok) {
    leaveReport(pod, { ok: false, code: parsed.refusal.code, message: JSON.stringify(parsed.refusal.facts) });
    return 1;
  }
  const config = parsed.value;
  const log = openLogger({ component: 'backup', version, backup: config.id }, config.logLevel);
  let close = (): void => undefined;
  try {
    const opened = openTarget(config.target, pod);
    close = opened.close;
    const report = await perform({ pod, config, target: opened.target, crypto, log });
    leaveReport(pod, report);
    return 0;
  } catch (error) {
    const failure = failureOf(error);
    log.error('backup-failed', { ...failure });
    leaveReport(pod, failure);
    return 1;
  } finally {
    close();
  }
}

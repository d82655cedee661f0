import type { CodeMeanings, JsonObject, Refusal, Result } from '@civitas/canon';

/** Codes of backups that are not what they must be. */
export const BACKUP_REFUSALS = {
  BACKUP_ABOUT: { meaning: 'The first page of a backup says something else than its parts.', remedy: 'Take another copy of the backup.' },
  BACKUP_ANOTHER: {
    meaning: 'The folder holds another backup than the one that was asked for.',
    remedy: 'Compare chain id, genesis hash, height and app hash with the status of the LedgerBackup.',
  },
  BACKUP_FAILED: {
    meaning: 'A backup, or its trial restore, failed.',
    remedy: 'Read the message and the log of its pod; it is tried again.',
  },
  BACKUP_BLOCK: {
    meaning: 'The block in a backup is not the one that its headers say was decided.',
    remedy: 'Take another copy of the backup.',
  },
  BACKUP_INCOMPLETE: {
    meaning: 'A file of the backup is missing: it was never finished, or something was deleted.',
    remedy: 'Take another backup; a LedgerBackup that was broken off goes on by itself.',
  },
} as const satisfies CodeMeanings;

/** Codes of what a backup's target says no with, or fails with. */
export const BACKUP_FAULTS = {
  TARGET_BUCKET: { meaning: 'The bucket of the backup target does not exist.', remedy: 'Create it, or name another bucket.' },
  TARGET_CLOCK: { meaning: 'The S3 server takes the request for too old or too new.', remedy: 'Set the clocks of node and server.' },
  TARGET_CREDENTIALS: {
    meaning: 'The S3 server does not know the access key, or its secret is another one.',
    remedy: 'Correct the Secret that `credentialsSecretRef` names.',
  },
  TARGET_DENIED: {
    meaning: 'The target does not let the backup read or write there.',
    remedy: 'Allow get, put, list and delete below the prefix; on a volume, check its owner and whether it is mounted read-only.',
  },
  TARGET_FAILED: { meaning: 'The target failed.', remedy: 'Read the message; the backup is tried again and goes on where it was.' },
  TARGET_FULL: { meaning: 'There is no space left at the target.', remedy: 'Make it larger, or keep fewer backups.' },
  TARGET_UNREACHABLE: { meaning: 'The S3 server cannot be reached.', remedy: 'Check endpoint, certificate authority, network policy.' },
  SOURCE_UNREACHABLE: {
    meaning: 'The node that the backup is taken of does not answer.',
    remedy: 'Look at the network first; the backup is tried again.',
  },
  SOURCE_SNAPSHOT_LATE: {
    meaning: 'The node did not finish its snapshot in time.',
    remedy: 'Read its log (`snapshot-failed`, `snapshot-no-room`).',
  },
} as const satisfies CodeMeanings;

export type BackupFaultCode = keyof typeof BACKUP_FAULTS;

/** The world failed: the target or the node. What was written stands, and a later try goes on from there. */
export class BackupFault extends Error {
  override readonly name = 'BackupFault';
  readonly code: BackupFaultCode;
  readonly facts: JsonObject;

  constructor(code: BackupFaultCode, message: string, options: { facts?: JsonObject; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
  }
}

/** Something of the backup, or of what the node shows, does not verify. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';
  readonly refusal: Refusal;
  /** Which part. */
  readonly part: string;

  constructor(part: string, refusal: Refusal) {
    super(`${part}: ${refusal.code} ${JSON.stringify(refusal.facts)}`);
    this.part = part;
    this.refusal = refusal;
  }
}

/** The value of a result. @throws BackupRefused */
export function held<T>(part: string, result: Result<T>): T {
  if (result.ok) return result.value;
  throw new BackupRefused(part, result.refusal);
}

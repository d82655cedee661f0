import type { BackupReport } from '@civitas/deployment';
import type { LedgerBackup, LedgerBackupStatus } from '../resources/ledger-backup.ts';
import type { LedgerNode } from '../resources/ledger-node.ts';
import type { JobPlan } from './backup-job.ts';
import { rfc3339, unixMsOf } from './time-text.ts';
import { type Verdict, verdict } from './verdict.ts';

export type BackupFactsStatus = Pick<
  LedgerBackupStatus,
  'folder' | 'chainId' | 'genesisHash' | 'height' | 'appHash' | 'domain' | 'recordCount' | 'byteCount' | 'verified'
>;

/** True once nothing more is done for it: it is complete or was given up. */
export function isFinished({ status }: Pick<LedgerBackup, 'status'>): boolean {
  return status?.finishedAt !== undefined;
}

export function isVerified({ status }: Pick<LedgerBackup, 'status'>): boolean {
  return isFinished({ ...(status === undefined ? {} : { status }) }) && status?.verified !== undefined;
}

/** Unix ms; of one that is not finished, when it was made. */
export function finishedAt({ status, metadata }: LedgerBackup): number {
  return unixMsOf(status?.finishedAt) ?? unixMsOf(metadata.creationTimestamp) ?? 0;
}

/** Newest first. Times are whole seconds: of two backups of one second the later one is of the higher block. */
export function newerFirst(left: LedgerBackup, right: LedgerBackup): number {
  return finishedAt(right) - finishedAt(left) || (right.status?.height ?? 0) - (left.status?.height ?? 0);
}

function holds(node: LedgerNode, type: string): boolean {
  return node.status?.conditions?.some((entry) => entry.type === type && entry.status === 'True') ?? false;
}

/**
 * The node that a backup is taken of: one that serves at the head, rather one that does not vote, of those the highest ordinal, for the
 * lowest one has the vaults' work.
 */
export function chooseBackupNode(nodes: readonly LedgerNode[]): LedgerNode | undefined {
  const fit = nodes.filter((node) => node.metadata.deletionTimestamp === undefined && holds(node, 'Ready') && holds(node, 'CaughtUp'));
  const rank = ({ spec }: LedgerNode): number => (spec.role === 'validator' ? 0 : 1000) + spec.ordinal;
  return [...fit].sort((left, right) => rank(right) - rank(left))[0];
}

/** Facts of a backup as a trial restore reported them; undefined for a report that has none. */
export function factsOfReport(report: Extract<BackupReport, { ok: true }>, pod: string, nowUnixMs: number): BackupFactsStatus | undefined {
  const { folder, backup } = report;
  if (backup === undefined) return undefined;
  const { chainId, genesisHash, height, appHash, domain, recordCount, byteCount } = backup;
  const verified = { time: rfc3339(nowUnixMs), node: pod, hash: appHash, method: 'RestoredIntoStore' };
  return { folder, chainId, genesisHash, height, appHash, domain, recordCount, byteCount, verified };
}

/** Conditions of a backup that waits for something before a try can begin. */
export function waitingVerdicts(reason: string, message: string): readonly Verdict[] {
  return [verdict('Complete', false, reason, message), verdict('Verified', false, reason, 'nothing is verified yet')];
}

/** Conditions of a backup whose job stands where the plan says. */
export function jobVerdicts({ status, outcome }: JobPlan, facts: BackupFactsStatus | undefined): readonly Verdict[] {
  const { failure } = status;
  const before = failure === undefined ? '' : `; the try before failed: ${failure.code} ${failure.message}`;
  switch (outcome.type) {
    case 'done': {
      if (facts === undefined) return waitingVerdicts('NoReport', 'the pod reported no backup');
      const said = `${facts.recordCount} records after block ${facts.height}, ${facts.byteCount} bytes`;
      const proven = `read back and restored into a store of its own: root ${facts.appHash} as block ${(facts.height ?? 0) + 1} certifies`;
      return [verdict('Complete', true, 'Complete', said), verdict('Verified', true, 'RestoredIntoStore', proven)];
    }
    case 'failed': {
      const message = failure === undefined ? 'it failed' : `${failure.code}: ${failure.message}`;
      return [
        verdict('Complete', false, 'Failed', `given up after ${status.attempt} tries; ${message}`),
        verdict('Verified', false, failure?.code ?? 'Failed', message),
      ];
    }
    case 'waiting':
      return waitingVerdicts(failure === undefined ? 'Starting' : 'Retrying', `try ${status.attempt} is to begin${before}`);
    case 'running':
      return waitingVerdicts('Running', `${outcome.message}${before}`);
  }
}

/** One word for `kubectl get`, from the conditions alone. */
export function backupPhase(verdicts: readonly Verdict[]): string {
  const complete = verdicts.find(({ type }) => type === 'Complete');
  if (complete?.status === 'True') return 'Complete';
  return complete?.reason ?? 'Pending';
}

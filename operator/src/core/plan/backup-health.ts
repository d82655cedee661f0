import type { LedgerBackup } from '../resources/ledger-backup.ts';
import type { LedgerBackupSchedule } from '../resources/ledger-backup-schedule.ts';
import type { LedgerNetworkStatus } from '../resources/ledger-network.ts';
import { isFinished, isVerified, newerFirst } from './backup-plan.ts';
import { type Verdict, verdict } from './verdict.ts';

/** LedgerBackups and schedules of one network. */
export interface ObservedBackups {
  readonly backups: readonly LedgerBackup[];
  readonly schedules: readonly LedgerBackupSchedule[];
}

function newestOf(backups: readonly LedgerBackup[]): LedgerBackup | undefined {
  return [...backups].sort(newerFirst)[0];
}

/** Whether the network could be brought back from what lies elsewhere; nothing is said where nobody asked for backups. */
export function backupVerdicts(observed: ObservedBackups | undefined): readonly Verdict[] {
  if (observed === undefined || (observed.backups.length === 0 && observed.schedules.length === 0)) return [];
  const { backups, schedules } = observed;
  for (const { metadata, status } of schedules) {
    const health = status?.conditions?.find(({ type }) => type === 'BackupHealthy');
    if (health?.status === 'False')
      return [verdict('BackupHealthy', false, health.reason, `${metadata.name}: ${health.message}`.slice(0, MESSAGE_CHARS_MAX))];
  }
  const last = newestOf(backups.filter((backup) => isFinished(backup)));
  if (last === undefined)
    return [{ type: 'BackupHealthy', status: 'Unknown', reason: 'NoBackupYet', message: 'no backup of it is finished' }];
  if (!isVerified(last)) {
    const why = last.status?.conditions?.find(({ type }) => type === 'Verified');
    return [
      verdict(
        'BackupHealthy',
        false,
        why?.reason ?? 'Failed',
        `${last.metadata.name}: ${why?.message ?? 'it failed'}`.slice(0, MESSAGE_CHARS_MAX),
      ),
    ];
  }
  return [verdict('BackupHealthy', true, 'Verified', `${last.metadata.name} was verified after block ${last.status?.height}`)];
}

const MESSAGE_CHARS_MAX = 1000;

/** The newest backup that passed its trial restore. */
export function lastVerifiedBackup(observed: ObservedBackups | undefined): LedgerNetworkStatus['lastVerifiedBackup'] {
  const newest = newestOf((observed?.backups ?? []).filter((backup) => isVerified(backup)));
  const [time, height] = [newest?.status?.verified?.time, newest?.status?.height];
  return newest === undefined || time === undefined || height === undefined ? undefined : { name: newest.metadata.name, time, height };
}

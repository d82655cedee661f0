import type { LedgerBackup } from '../resources/ledger-backup.ts';
import type { LedgerBackupSchedule, LedgerBackupScheduleStatus } from '../resources/ledger-backup-schedule.ts';
import { finishedAt, isFinished, isVerified, newerFirst } from './backup-plan.ts';
import { BACKUPS_KEPT_DEFAULT, FAILED_BACKUPS_KEPT, STARTING_DEADLINE_SECONDS_DEFAULT } from './limits.ts';
import { rfc3339, unixMsOf } from './time-text.ts';
import { type Verdict, verdict } from './verdict.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Characters of a schedule's name that its backups carry. */
const NAME_CHARS_MAX = 50;

export interface ObservedSchedule {
  readonly schedule: LedgerBackupSchedule;
  readonly nowUnixMs: number;
  /** When it is due next after a time; a text when the expression or its zone are none. */
  readonly nextRun: ((afterUnixMs: number) => number | undefined) | string;
  /** LedgerBackups that it made. */
  readonly backups: readonly LedgerBackup[];
  /** Folders that networks were born from. */
  readonly neededFolders: readonly string[];
}

export interface SchedulePlan {
  /** Name of the LedgerBackup that is due. */
  readonly create: string | undefined;
  /** Backups that go, files and all. */
  readonly prune: readonly LedgerBackup[];
  readonly facts: Partial<LedgerBackupScheduleStatus>;
  readonly verdicts: readonly Verdict[];
  /** A run that was not begun, and why. */
  readonly skipped: string | undefined;
}

/** The last time it was due and may still begin, and whether an earlier one passed unused. */
function dueOf(
  observed: ObservedSchedule,
  next: (afterUnixMs: number) => number | undefined,
): { readonly dueUnixMs?: number; readonly missed: boolean } {
  const { schedule, nowUnixMs } = observed;
  const deadlineMs = (schedule.spec.startingDeadlineSeconds ?? STARTING_DEADLINE_SECONDS_DEFAULT) * 1000;
  const last = unixMsOf(schedule.status?.lastScheduledAt);
  const born = unixMsOf(schedule.metadata.creationTimestamp) ?? nowUnixMs;
  // A time to come was written by a clock that ran ahead: nothing would be due until it is reached.
  const since = last !== undefined && last > nowUnixMs ? nowUnixMs - deadlineMs : (last ?? born);
  const first = next(since);
  if (first === undefined || first > nowUnixMs) return { missed: false };
  let dueUnixMs: number | undefined;
  for (let at = next(Math.max(since, nowUnixMs - deadlineMs)); at !== undefined && at <= nowUnixMs; at = next(at)) dueUnixMs = at;
  return dueUnixMs === undefined ? { missed: true } : { dueUnixMs, missed: first < dueUnixMs };
}

/** What retention no longer asks for. The newest verified one always stays, and so does what a network was born from. */
function superfluous({ schedule, nowUnixMs, backups, neededFolders }: ObservedSchedule): readonly LedgerBackup[] {
  const { count = BACKUPS_KEPT_DEFAULT, maxAgeDays } = schedule.spec.retention ?? {};
  const newestFirst = [...backups].sort(newerFirst);
  const verified = newestFirst.filter(isVerified);
  const old = verified.filter((backup, place) => {
    if (place === 0 || neededFolders.includes(backup.status?.folder ?? '')) return false;
    return place >= count || (maxAgeDays !== undefined && nowUnixMs - finishedAt(backup) > maxAgeDays * DAY_MS);
  });
  const failed = newestFirst.filter((backup) => isFinished(backup) && !isVerified(backup)).slice(FAILED_BACKUPS_KEPT);
  return [...old, ...failed];
}

/** What a schedule does now. Runs that passed while nobody looked are not made up for, but for the last one within its starting deadline. */
export function planSchedule(observed: ObservedSchedule): SchedulePlan {
  const { schedule, nowUnixMs, nextRun, backups } = observed;
  const { status, spec, metadata } = schedule;
  const verified = backups.filter(isVerified).sort(newerFirst);
  const known: Partial<LedgerBackupScheduleStatus> = {
    ...(status?.lastScheduledAt === undefined ? {} : { lastScheduledAt: status.lastScheduledAt }),
    ...(status?.lastBackup === undefined ? {} : { lastBackup: status.lastBackup }),
    ...(verified[0] === undefined ? {} : { lastVerifiedBackup: verified[0].metadata.name }),
    kept: verified.length,
  };
  const nothing = { create: undefined, prune: superfluous(observed), facts: known, skipped: undefined };
  const healthy = healthOf(backups, verified[0]);
  if (typeof nextRun === 'string')
    return { ...nothing, verdicts: [verdict('Scheduled', false, 'ScheduleInvalid', `${spec.schedule}: ${nextRun}`), healthy] };
  if (spec.suspend === true) return { ...nothing, verdicts: [verdict('Scheduled', false, 'Suspended', 'spec.suspend is set'), healthy] };
  const { dueUnixMs, missed } = dueOf(observed, nextRun);
  const upcoming = nextRun(nowUnixMs);
  const nextAt = upcoming === undefined ? {} : { nextAt: rfc3339(upcoming) };
  const waiting = verdict('Scheduled', true, 'Waiting', upcoming === undefined ? 'it is never due again' : `next at ${rfc3339(upcoming)}`);
  if (dueUnixMs === undefined) {
    if (!missed) return { ...nothing, facts: { ...known, ...nextAt }, verdicts: [waiting, healthy] };
    const skipped = 'a run was missed: nobody looked within its starting deadline, and it is not made up for';
    return { ...nothing, skipped, facts: { ...known, ...nextAt, lastScheduledAt: rfc3339(nowUnixMs) }, verdicts: [waiting, healthy] };
  }
  const facts = { ...known, ...nextAt, lastScheduledAt: rfc3339(dueUnixMs) };
  const running = backups.find((backup) => !isFinished(backup));
  const name = `${metadata.name.slice(0, NAME_CHARS_MAX)}-${Math.floor(dueUnixMs / MINUTE_MS)}`;
  if (running !== undefined && running.metadata.name !== name) {
    const skipped = `the run of ${rfc3339(dueUnixMs)} was skipped: ${running.metadata.name} is not finished`;
    return {
      ...nothing,
      skipped,
      facts,
      verdicts: [verdict('Scheduled', true, 'PreviousRuns', skipped), verdict('BackupHealthy', false, 'PreviousRuns', skipped)],
    };
  }
  return {
    ...nothing,
    create: name,
    facts: { ...facts, lastBackup: name },
    verdicts: [verdict('Scheduled', true, 'Due', `${name} is being taken`), healthy],
  };
}

function healthOf(backups: readonly LedgerBackup[], newest: LedgerBackup | undefined): Verdict {
  const [last] = backups.filter(isFinished).sort(newerFirst);
  if (last === undefined)
    return { type: 'BackupHealthy', status: 'Unknown', reason: 'NoBackupYet', message: 'none of its backups is finished' };
  if (isVerified(last))
    return verdict('BackupHealthy', true, 'Verified', `${last.metadata.name} is verified, after block ${last.status?.height}`);
  const reason = last.status?.conditions?.find(({ type }) => type === 'Verified');
  const kept = newest === undefined ? 'there is no verified one' : `the newest verified one is ${newest.metadata.name}`;
  return verdict(
    'BackupHealthy',
    false,
    reason?.reason ?? 'Failed',
    `${last.metadata.name} failed: ${reason?.message ?? ''}; ${kept}`.slice(0, 1000),
  );
}

/** One word for `kubectl get`. */
export function schedulePhase(verdicts: readonly Verdict[]): string {
  const scheduled = verdicts.find(({ type }) => type === 'Scheduled');
  if (scheduled?.status !== 'True') return scheduled?.reason ?? 'Pending';
  const healthy = verdicts.find(({ type }) => type === 'BackupHealthy');
  return healthy?.status === 'True' || healthy?.reason === 'NoBackupYet' ? scheduled.reason : 'Failing';
}

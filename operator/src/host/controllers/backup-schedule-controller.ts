import { type Controller, createController, hasFinalizer, isApiError, type ReconcileResult } from '@civitas/kube';
import { BACKUP_FINALIZER, LABELS } from '../../core/desired/names.ts';
import { isVerified } from '../../core/plan/backup-plan.ts';
import { planSchedule, schedulePhase } from '../../core/plan/backup-schedule-plan.ts';
import { unixMsOf } from '../../core/plan/time-text.ts';
import { API_VERSION } from '../../core/resources/kind.ts';
import type { LedgerBackup } from '../../core/resources/ledger-backup.ts';
import type { LedgerBackupSchedule } from '../../core/resources/ledger-backup-schedule.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { ledgerBackupSchedules, ledgerBackups } from '../observe/custom-resources.ts';
import { cronOf } from '../schedule/cron.ts';
import { retryConflict } from './conflict.ts';
import { foldersInUse } from './folders-in-use.ts';
import { SETTLED_RECHECK_MS, WHILE_SERVING_MS } from './limits.ts';
import type { OperatorContext } from './operator-context.ts';

/** Makes LedgerBackups when they are due, one at a time, and removes those that retention no longer asks for. */
export function createBackupScheduleController(context: OperatorContext): Controller {
  const writer = createStatusWriter(context.applierOf('schedule'), context.clock);

  const reconcile = async (schedule: LedgerBackupSchedule): Promise<ReconcileResult> => {
    if (schedule.metadata.deletionTimestamp !== undefined) return undefined;
    const nowUnixMs = context.clock.nowUnixMs();
    const plan = planSchedule({
      schedule,
      nowUnixMs,
      nextRun: cronOf(schedule.spec.schedule, schedule.spec.timeZone ?? 'UTC'),
      backups: madeBy(context, schedule),
      neededFolders: foldersInUse(context.caches),
    });
    // Named after its minute: whoever dies between the two writes makes the same one again, which is there.
    if (plan.create !== undefined && context.isLeader()) await createBackup(context, schedule, plan.create);
    const { verdicts, facts, skipped } = plan;
    await writer.write({ resource: ledgerBackupSchedules, object: schedule, verdicts, phase: schedulePhase(verdicts), facts });
    if (skipped !== undefined) context.events.record(schedule, { type: 'Warning', reason: 'RunSkipped', message: skipped });
    for (const backup of plan.prune) await prune(context, schedule, backup);
    if (plan.prune.length > 0 || plan.create !== undefined) return { requeueAfterMs: WHILE_SERVING_MS };
    const nextMs = (unixMsOf(facts.nextAt) ?? nowUnixMs + SETTLED_RECHECK_MS) - nowUnixMs;
    return { requeueAfterMs: Math.min(Math.max(nextMs, 50), SETTLED_RECHECK_MS) };
  };

  return createController({
    name: 'schedule',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const schedule = context.caches.backupSchedules.store.get(key);
      return schedule === undefined ? undefined : retryConflict(() => reconcile(schedule));
    },
  });
}

function madeBy({ caches }: OperatorContext, { metadata }: LedgerBackupSchedule): readonly LedgerBackup[] {
  const own = caches.backups.store.list(metadata.namespace ?? '');
  return own.filter(({ metadata: made }) => made.labels?.[LABELS.schedule] === metadata.name && made.deletionTimestamp === undefined);
}

async function createBackup({ client, events }: OperatorContext, schedule: LedgerBackupSchedule, name: string): Promise<void> {
  const { networkRef, target } = schedule.spec;
  const labels = { [LABELS.schedule]: schedule.metadata.name };
  const metadata = { name, namespace: schedule.metadata.namespace ?? '', labels };
  try {
    await client.create(ledgerBackups, { apiVersion: API_VERSION, kind: 'LedgerBackup', metadata, ...{ spec: { networkRef, target } } });
    events.record(schedule, { type: 'Normal', reason: 'BackupMade', message: name });
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

/** First its spec says that the files go too, then its controller holds it, then it is deleted: in this order nothing is forgotten. */
async function prune({ client, events, isLeader }: OperatorContext, schedule: LedgerBackupSchedule, backup: LedgerBackup): Promise<void> {
  if (!isLeader()) return;
  const { name, uid } = backup.metadata;
  const at = { namespace: backup.metadata.namespace ?? '', name };
  try {
    if (isVerified(backup) && backup.spec.deletionPolicy !== 'Delete') {
      await client.mergePatch(ledgerBackups, at, { metadata: { uid }, spec: { deletionPolicy: 'Delete' } });
      return;
    }
    if (isVerified(backup) && !hasFinalizer(backup, BACKUP_FINALIZER)) return;
    await client.delete(ledgerBackups, at, { uid });
    events.record(schedule, { type: 'Normal', reason: 'BackupRetired', message: name });
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}

import { type Static, Type } from '@sinclair/typebox';
import { BackupTarget } from './backup-target.ts';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { BACKUP_AGE_DAYS_MAX, BACKUPS_KEPT_MAX, CRON_CHARS_MAX, TIME_ZONE_CHARS_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { nameString, rules, statusHead, text } from './schema.ts';

export const LedgerBackupScheduleSpec = Type.Object(
  {
    networkRef: nameString('LedgerNetwork in the same namespace.'),
    target: BackupTarget,
    schedule: text('Cron expression of five fields: minute, hour, day of month, month, day of week.', CRON_CHARS_MAX, { minLength: 9 }),
    timeZone: Type.Optional(
      text('Name of the IANA time zone the expression is read in; default UTC.', TIME_ZONE_CHARS_MAX, { minLength: 1 }),
    ),
    suspend: Type.Optional(Type.Boolean({ description: 'No backup is begun; those there are stay.' })),
    startingDeadlineSeconds: Type.Optional(
      Type.Integer({
        description: 'A run that could not begin within this time is missed and not made up for; default 600.',
        minimum: 10,
        maximum: 86_400,
      }),
    ),
    retention: Type.Optional(
      Type.Object(
        {
          count: Type.Optional(Type.Integer({ description: 'Verified backups kept; default 7.', minimum: 1, maximum: BACKUPS_KEPT_MAX })),
          maxAgeDays: Type.Optional(
            Type.Integer({ description: 'Those older go too; default no bound.', minimum: 1, maximum: BACKUP_AGE_DAYS_MAX }),
          ),
        },
        {
          description:
            'Which of its backups are kept, files and all. The newest verified one always is, and one that a network was born from.',
        },
      ),
    ),
  },
  {
    ...rules({
      rule: 'self.networkRef == oldSelf.networkRef',
      message: 'a schedule cannot become one of another network: make a new LedgerBackupSchedule',
    }),
  },
);

const time = (description: string) => Type.Optional(Type.String({ description, format: 'date-time', maxLength: 40 }));

export const LedgerBackupScheduleStatus = Type.Object({
  ...statusHead,
  lastScheduledAt: time('Last time it was due, run or not.'),
  nextAt: time('Next time it is due.'),
  lastBackup: Type.Optional(text('LedgerBackup it made last.', 63)),
  lastVerifiedBackup: Type.Optional(text('Newest verified LedgerBackup of it.', 63)),
  kept: Type.Optional(Type.Integer({ description: 'Verified backups of it.', minimum: 0 })),
});

export const ledgerBackupScheduleKind: Kind<typeof LedgerBackupScheduleSpec, typeof LedgerBackupScheduleStatus> = {
  kind: 'LedgerBackupSchedule',
  plural: 'ledgerbackupschedules',
  singular: 'ledgerbackupschedule',
  shortName: 'lbsched',
  scope: 'Namespaced',
  description: 'Makes LedgerBackups of one network by the clock, never two at once, and removes old ones.',
  spec: LedgerBackupScheduleSpec,
  status: LedgerBackupScheduleStatus,
  columns: [
    { name: 'Network', type: 'string', jsonPath: '.spec.networkRef' },
    { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' },
    PHASE_COLUMN,
    { name: 'Last', type: 'date', jsonPath: '.status.lastScheduledAt' },
    { name: 'Verified', type: 'string', jsonPath: '.status.lastVerifiedBackup' },
    AGE_COLUMN,
    { name: 'Zone', type: 'string', jsonPath: '.spec.timeZone', priority: 1 },
    { name: 'Kept', type: 'integer', jsonPath: '.status.kept', priority: 1 },
  ],
};

export type LedgerBackupScheduleSpec = Static<typeof LedgerBackupScheduleSpec>;
export type LedgerBackupScheduleStatus = Static<typeof LedgerBackupScheduleStatus>;
export type LedgerBackupSchedule = CustomObject<LedgerBackupScheduleSpec, LedgerBackupScheduleStatus>;

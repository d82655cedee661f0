import { type Static, Type } from '@sinclair/typebox';
import { BackupJobStatus, backupFacts } from './backup-job.ts';
import { BackupTarget } from './backup-target.ts';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import type { CustomObject } from './object.ts';
import { nameString, oneOf, rules, statusHead, text } from './schema.ts';

export const BACKUP_IMMUTABLE = 'a backup cannot become one of another network or at another place: make a new LedgerBackup';

export const LedgerBackupSpec = Type.Object(
  {
    networkRef: nameString('LedgerNetwork in the same namespace.'),
    target: BackupTarget,
    deletionPolicy: Type.Optional(
      oneOf('What deleting this object does to the files at the target; default Retain.', ['Retain', 'Delete']),
    ),
  },
  { ...rules({ rule: 'self.networkRef == oldSelf.networkRef && self.target == oldSelf.target', message: BACKUP_IMMUTABLE }) },
);

export const LedgerBackupStatus = Type.Object({
  ...statusHead,
  ...backupFacts,
  node: Type.Optional(text('LedgerNode it was taken of.', 63)),
  job: Type.Optional(BackupJobStatus),
  removal: Type.Optional(BackupJobStatus),
  startedAt: Type.Optional(Type.String({ description: 'When its first try was decided.', format: 'date-time', maxLength: 40 })),
  finishedAt: Type.Optional(Type.String({ description: 'When it was complete or given up.', format: 'date-time', maxLength: 40 })),
});

export const ledgerBackupKind: Kind<typeof LedgerBackupSpec, typeof LedgerBackupStatus> = {
  kind: 'LedgerBackup',
  plural: 'ledgerbackups',
  singular: 'ledgerbackup',
  shortName: 'lbackup',
  scope: 'Namespaced',
  description: 'The whole state of one ledger as of one block, with everything that proves it, at a place outside the network.',
  spec: LedgerBackupSpec,
  status: LedgerBackupStatus,
  columns: [
    { name: 'Network', type: 'string', jsonPath: '.spec.networkRef' },
    PHASE_COLUMN,
    { name: 'Height', type: 'integer', jsonPath: '.status.height' },
    { name: 'Records', type: 'integer', jsonPath: '.status.recordCount' },
    { name: 'Verified', type: 'date', jsonPath: '.status.verified.time' },
    AGE_COLUMN,
    { name: 'Node', type: 'string', jsonPath: '.status.node', priority: 1 },
    { name: 'Folder', type: 'string', jsonPath: '.status.folder', priority: 1 },
    { name: 'AppHash', type: 'string', jsonPath: '.status.appHash', priority: 1 },
  ],
};

export type LedgerBackupSpec = Static<typeof LedgerBackupSpec>;
export type LedgerBackupStatus = Static<typeof LedgerBackupStatus>;
export type LedgerBackup = CustomObject<LedgerBackupSpec, LedgerBackupStatus>;

import { type Static, Type } from '@sinclair/typebox';
import { BackupJobStatus, backupFacts } from './backup-job.ts';
import { BackupTarget } from './backup-target.ts';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { ENGINES } from './ledger-network.ts';
import { CHAIN_ID_CHARS_MAX, POOL_REPLICAS_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { nameString, oneOf, rules, statusHead, text } from './schema.ts';

export const RESTORE_ONE = 'name either a network to be founded or one node of a network that is there';

export const LedgerRestoreSpec = Type.Object(
  {
    source: Type.Object(
      {
        backupRef: Type.Optional(Type.Object({ name: nameString('LedgerBackup in the same namespace.') })),
        target: Type.Optional(BackupTarget),
        folder: Type.Optional(
          text('Folder at the target, where no LedgerBackup is left to name it.', 128, { pattern: '^[a-z0-9-]+/[0-9]{12}-[0-9a-f]{16}$' }),
        ),
      },
      {
        description: 'Which backup.',
        ...rules({
          rule: 'has(self.backupRef) ? (!has(self.target) && !has(self.folder)) : (has(self.target) && has(self.folder))',
          message: 'name either a LedgerBackup or a target and a folder at it',
        }),
      },
    ),
    node: Type.Optional(
      Type.Object(
        {
          networkRef: nameString('LedgerNetwork in the same namespace.'),
          name: nameString('LedgerNode of it; it must be fenced, and on CometBFT.'),
        },
        { description: 'The node whose ledger is dropped for the backup. Its key stays, the blocks since come from its peers.' },
      ),
    ),
    network: Type.Optional(
      Type.Object(
        {
          name: nameString('LedgerNetwork to be made; none of that name may be there.'),
          chainId: text('Chain id, another one than that of the backup.', CHAIN_ID_CHARS_MAX, {
            minLength: 3,
            pattern: '^[a-z0-9]+(-[a-z0-9]+)*-[1-9][0-9]*$',
          }),
          engine: Type.Optional(oneOf('What orders operations; default from CityConfig.', ENGINES)),
          validators: Type.Optional(
            Type.Integer({ description: 'Validators; default from CityConfig.', minimum: 1, maximum: POOL_REPLICAS_MAX }),
          ),
          allowDowntime: Type.Optional(Type.Boolean({ description: 'Accepts fewer than 4 validators.' })),
        },
        { description: 'The new network, with the records of the backup under members, validators and links of its own.' },
      ),
    ),
  },
  {
    ...rules(
      { rule: 'self == oldSelf', message: 'a restore cannot change: make a new LedgerRestore' },
      { rule: 'has(self.network) != has(self.node)', message: RESTORE_ONE },
    ),
  },
);

export const LedgerRestoreStatus = Type.Object({
  ...statusHead,
  ...backupFacts,
  job: Type.Optional(BackupJobStatus),
  networkUID: Type.Optional(text('LedgerNetwork it made.', 63)),
  orderedAt: Type.Optional(Type.String({ description: 'When the node was told to drop its ledger.', format: 'date-time', maxLength: 40 })),
  finishedAt: Type.Optional(Type.String({ description: 'When it was complete or given up.', format: 'date-time', maxLength: 40 })),
});

export const ledgerRestoreKind: Kind<typeof LedgerRestoreSpec, typeof LedgerRestoreStatus> = {
  kind: 'LedgerRestore',
  plural: 'ledgerrestores',
  singular: 'ledgerrestore',
  shortName: 'lrest',
  scope: 'Namespaced',
  description:
    'Verifies a backup and founds a new network from it, or rebuilds one fenced node of the network that it is of. It never writes over a node that signs.',
  spec: LedgerRestoreSpec,
  status: LedgerRestoreStatus,
  columns: [
    { name: 'Network', type: 'string', jsonPath: '.spec.network.name' },
    PHASE_COLUMN,
    { name: 'Of', type: 'string', jsonPath: '.status.chainId' },
    { name: 'Height', type: 'integer', jsonPath: '.status.height' },
    AGE_COLUMN,
    { name: 'Node', type: 'string', jsonPath: '.spec.node.name', priority: 1 },
    { name: 'AppHash', type: 'string', jsonPath: '.status.appHash', priority: 1 },
  ],
};

export type LedgerRestoreSpec = Static<typeof LedgerRestoreSpec>;
export type LedgerRestoreStatus = Static<typeof LedgerRestoreStatus>;
export type LedgerRestore = CustomObject<LedgerRestoreSpec, LedgerRestoreStatus>;

import { type Static, Type } from '@sinclair/typebox';
import { BACKUP_PATH_CHARS_MAX } from './limits.ts';
import { base64urlString, nameString, rules, text } from './schema.ts';

/** Segments joined by `/`, none of which begins with a dot. */
const PATH_PATTERN = '^[a-zA-Z0-9_-][a-zA-Z0-9._-]*(/[a-zA-Z0-9_-][a-zA-Z0-9._-]*)*$';

export const BACKUP_MESSAGES = {
  oneTarget: 'name exactly one target: s3 or volume; a VolumeSnapshot is none, for it proves nothing and copies keys',
  https: 'the endpoint must be https://host or https://host:port: a ledger’s state does not cross a network in clear',
} as const;

/** Where backups lie. */
export const BackupTarget = Type.Object(
  {
    s3: Type.Optional(
      Type.Object(
        {
          endpoint: text('https://host[:port] of the S3-compatible server.', 256, {
            ...rules({ rule: "self.matches('^https://[a-zA-Z0-9.-]+(:[0-9]{1,5})?$')", message: BACKUP_MESSAGES.https }),
          }),
          bucket: text('Bucket; it must exist.', 63, { minLength: 3, pattern: '^[a-z0-9][a-z0-9.-]*[a-z0-9]$' }),
          prefix: Type.Optional(text('Folder in the bucket.', BACKUP_PATH_CHARS_MAX, { pattern: PATH_PATTERN })),
          region: Type.Optional(text('Region that requests are signed for; default us-east-1.', 32, { pattern: '^[a-z0-9-]+$' })),
          forcePathStyle: Type.Optional(Type.Boolean({ description: 'Bucket in the path instead of the host name; default true.' })),
          credentialsSecretRef: Type.Object(
            {
              name: nameString(
                'Secret in the same namespace with accessKeyId, secretAccessKey and, where needed, sessionToken and ca.crt.',
              ),
            },
            { description: 'Whom the server knows.' },
          ),
        },
        { description: 'An S3-compatible bucket.' },
      ),
    ),
    volume: Type.Optional(
      Type.Object(
        {
          claimName: nameString('PersistentVolumeClaim in the same namespace.'),
          path: Type.Optional(text('Folder on it.', BACKUP_PATH_CHARS_MAX, { pattern: PATH_PATTERN })),
        },
        { description: 'A volume.' },
      ),
    ),
  },
  {
    description: 'Where it lies.',
    ...rules({ rule: 'has(self.s3) != has(self.volume)', message: BACKUP_MESSAGES.oneTarget }),
  },
);

/** A backup at a target, and what it must be. */
export const BackupReference = Type.Object(
  {
    target: BackupTarget,
    folder: text('Folder of the backup at its target, as status.folder of its LedgerBackup says.', 128, {
      pattern: '^[a-z0-9-]+/[0-9]{12}-[0-9a-f]{16}$',
    }),
    chainId: text('Chain it is of.', 50, { pattern: '^[a-z0-9]+(-[a-z0-9]+)*-[1-9][0-9]*$' }),
    genesisHash: base64urlString('Genesis of that chain.', 32),
    height: Type.Integer({ description: 'Height it was taken at.', minimum: 1 }),
    appHash: base64urlString('Root of the state after that height.', 32),
  },
  { description: 'A verified backup of another chain, whose records this one is born with.' },
);

export type BackupTarget = Static<typeof BackupTarget>;
export type BackupReference = Static<typeof BackupReference>;

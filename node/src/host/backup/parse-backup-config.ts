import type { Result } from '@civitas/canon';
import type { BackupConfig } from '@civitas/deployment';
import { Type } from '@sinclair/typebox';
import { closed, LogLevel, Name, parseConfig, REBUILD_PATTERN } from '../config/parse-config.ts';

const Path = Type.Union([
  Type.Literal(''),
  Type.String({ pattern: '^(?!\\.)[a-zA-Z0-9._-]+(?:/(?!\\.)[a-zA-Z0-9._-]+)*$', maxLength: 256 }),
]);
const Folder = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,62}/[0-9]{12}-[0-9a-f]{16}$' });
const Hash = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });

const Identity = Type.Object({ chainId: Name, genesisHash: Hash, height: Type.Integer({ minimum: 1 }), appHash: Hash }, closed);
const Word = Type.String({ pattern: REBUILD_PATTERN });

const Target = Type.Union([
  Type.Object({ kind: Type.Literal('volume'), path: Path }, closed),
  Type.Object(
    {
      kind: Type.Literal('s3'),
      endpoint: Type.String({ pattern: '^https://[^/\\s?#@]+$', maxLength: 256 }),
      bucket: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' }),
      prefix: Path,
      region: Type.String({ pattern: '^[a-z0-9-]{1,32}$' }),
      forcePathStyle: Type.Boolean(),
    },
    closed,
  ),
]);

const Task = Type.Union([
  Type.Object(
    { type: Type.Literal('take'), chainId: Name, node: Name, address: Type.String({ pattern: '^[^\\s]+:[0-9]{1,5}$', maxLength: 256 }) },
    closed,
  ),
  Type.Object({ type: Type.Literal('verify'), folder: Folder }, closed),
  Type.Object({ type: Type.Literal('fetch'), folder: Folder, expected: Identity, rebuild: Type.Optional(Word) }, closed),
  Type.Object({ type: Type.Literal('replace'), folder: Folder, expected: Identity, rebuild: Word }, closed),
  Type.Object({ type: Type.Literal('remove'), folder: Folder }, closed),
]);

const BackupConfigSchema = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    role: Type.Literal('backup'),
    id: Type.String({ pattern: '^[a-zA-Z0-9-]{1,64}$' }),
    task: Task,
    target: Target,
    logLevel: LogLevel,
  },
  closed,
);

/** `config.json` of a backup; CONFIG_INVALID{field, expected} names the first field that is wrong. */
export function parseBackupConfig(text: string): Result<BackupConfig> {
  return parseConfig<BackupConfig>(BackupConfigSchema, text);
}

import { type Static, Type } from '@sinclair/typebox';
import { BACKUP_ATTEMPTS_MAX, REASON_CHARS_MAX } from './limits.ts';
import { base64urlString, text } from './schema.ts';

const time = (description: string) => Type.String({ description, format: 'date-time', maxLength: 40 });

/** Tries of a backup's pod: what is to run is written here before it is made. */
export const BackupJobStatus = Type.Object(
  {
    attempt: Type.Integer({ description: 'Number of the try that runs or ran last.', minimum: 0, maximum: BACKUP_ATTEMPTS_MAX }),
    notBefore: Type.Optional(time('That try begins no earlier.')),
    failure: Type.Optional(
      Type.Object(
        { code: text('Code of docs/reference/errors.md.', REASON_CHARS_MAX), message: text('What went wrong.', 512) },
        { description: 'Why the try before it failed.' },
      ),
    ),
  },
  { description: 'The pods that carry it out.' },
);

/** Facts of a verified backup. */
export const backupFacts = {
  folder: Type.Optional(text('Its folder at the target: <chain id>/<height>-<front of the app hash>.', 128)),
  chainId: Type.Optional(text('Chain it is of.', 50)),
  genesisHash: Type.Optional(base64urlString('Genesis of that chain, base64url.', 32)),
  height: Type.Optional(Type.Integer({ description: 'Height it was taken at.', minimum: 1 })),
  appHash: Type.Optional(base64urlString('Root of the state after that height, base64url.', 32)),
  domain: Type.Optional(text('Domain its genesis names.', 63)),
  recordCount: Type.Optional(Type.Integer({ description: 'Records of the state.', minimum: 0 })),
  byteCount: Type.Optional(Type.Integer({ description: 'Bytes of its chunks.', minimum: 0 })),
  verified: Type.Optional(
    Type.Object(
      {
        time: time('When.'),
        node: text('Pod that did.', 63),
        hash: base64urlString('Root that the restored store had; equal to appHash.', 32),
        method: text(
          'RestoredIntoStore: read back from the target, every record put into a store of its own, root and count compared.',
          32,
        ),
      },
      { description: 'The trial restore it passed.' },
    ),
  ),
};

export type BackupJobStatus = Static<typeof BackupJobStatus>;

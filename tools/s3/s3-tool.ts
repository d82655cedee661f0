import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuiltPrograms, findPrograms, type GoPrograms, programsFolder } from '../go/go-programs.ts';

/** Release of versitygw, the S3 server that backups are tested against; go.mod names the same and a test compares. */
export const S3_VERSION = '1.8.0';

export const S3_PROGRAMS = ['versitygw'] as const;
export type S3Program = (typeof S3_PROGRAMS)[number];

export const S3_BUILD: GoPrograms<S3Program> = {
  name: 's3',
  version: S3_VERSION,
  sources: dirname(fileURLToPath(import.meta.url)),
  programs: S3_PROGRAMS,
};

/** The server as `npm run s3:install` built it; undefined when it has not run for these sources. */
export function findS3Tool(folder: string = programsFolder(S3_BUILD)): BuiltPrograms<S3Program> | undefined {
  return findPrograms(S3_BUILD, folder);
}

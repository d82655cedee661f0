import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupFault, type BackupTarget, createS3Sender, FolderTarget, type S3Credentials, S3Target } from '@civitas/backup';
import type { BackupTargetConfig } from '@civitas/deployment';
import type { Pod } from '../config/pod.ts';

export interface OpenTarget {
  readonly target: BackupTarget;
  readonly close: () => void;
}

function readCredentials(folder: string): S3Credentials {
  const read = (name: string): string | undefined => {
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  };
  const [accessKeyId, secretAccessKey, sessionToken] = [read('accessKeyId'), read('secretAccessKey'), read('sessionToken')];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new BackupFault('TARGET_CREDENTIALS', 'the Secret of the target has no accessKeyId or no secretAccessKey');
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** Opens a target with what is mounted for it. @throws BackupFault TARGET_CREDENTIALS, TARGET_FAILED. */
export function openTarget(config: BackupTargetConfig, pod: Pick<Pod, 'pathOf'>): OpenTarget {
  if (config.kind === 'volume') {
    const root = pod.pathOf('backups');
    // A claim that is not mounted would be the image's own folder, gone with the pod.
    if (!existsSync(root)) throw new BackupFault('TARGET_FAILED', `${root}: the volume of the target is not mounted`);
    return { target: new FolderTarget(join(root, config.path)), close: () => undefined };
  }
  const folder = pod.pathOf('backupCredentials');
  const authority = join(folder, 'ca.crt');
  const sender = createS3Sender({
    credentials: readCredentials(folder),
    region: config.region,
    authority: existsSync(authority) ? readFileSync(authority, 'utf8') : undefined,
  });
  return { target: new S3Target(config, sender.send), close: sender.close };
}

import { join } from 'node:path';
import { PATHS } from '@civitas/deployment';

/** What the pod itself is: where its files are rooted, which address it may listen on, and its UID. */
export interface Pod {
  /** Absolute path of a mount point of `PATHS`. */
  pathOf(mount: keyof typeof PATHS): string;
  readonly address: string;
  readonly uid: string;
  readonly name: string;
}

/** Reads CIVITAS_ROOT (default ''), POD_IP (default 127.0.0.1), POD_UID and POD_NAME. */
export function podOf(env: Readonly<Record<string, string | undefined>>): Pod {
  const root = env['CIVITAS_ROOT'] ?? '';
  return {
    pathOf: (mount) => (root === '' ? PATHS[mount] : join(root, PATHS[mount])),
    address: env['POD_IP'] || '127.0.0.1',
    uid: env['POD_UID'] ?? '',
    name: env['POD_NAME'] ?? '',
  };
}

import { join } from 'node:path';
import { PATHS } from '@civitas/deployment';

/** What the pod itself is: where its files are rooted, which address it may listen on, and its UID. */
export interface Pod {
  /** Absolute path of a mount point of `PATHS`. */
  pathOf(mount: keyof typeof PATHS): string;
  readonly address: string;
  readonly uid: string;
  readonly name: string;
  /** The program that hands an embedded chain over to CometBFT. */
  readonly handOverProgram: string;
}

const HAND_OVER_PROGRAM = '/usr/local/bin/civitas-handover';

/** Reads CIVITAS_ROOT (default ''), POD_IP (default 127.0.0.1), POD_UID, POD_NAME and CIVITAS_HANDOVER_BINARY. */
export function podOf(env: Readonly<Record<string, string | undefined>>): Pod {
  const root = env['CIVITAS_ROOT'] ?? '';
  return {
    pathOf: (mount) => (root === '' ? PATHS[mount] : join(root, PATHS[mount])),
    address: env['POD_IP'] || '127.0.0.1',
    uid: env['POD_UID'] ?? '',
    name: env['POD_NAME'] ?? '',
    handOverProgram: env['CIVITAS_HANDOVER_BINARY'] || HAND_OVER_PROGRAM,
  };
}

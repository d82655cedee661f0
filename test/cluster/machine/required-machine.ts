import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP_ROOT } from './worker-node.ts';

const PROGRAMS = ['containerd', 'ctr', 'runc', 'nft', 'ip', 'nsenter', 'openssl', 'sysctl'] as const;
const NETWORK_PLUGIN = '/usr/lib/cni/bridge';

/** @throws Error that names everything this machine lacks for a cluster of its own. */
export function assertMachine(path: string = process.env['PATH'] ?? '', uid: number | undefined = process.getuid?.()): void {
  const lacks = [
    ...(uid === 0 ? [] : ['root']),
    ...PROGRAMS.filter((program) => !path.split(':').some((folder) => isProgram(join(folder, program)))),
    ...(existsSync(NETWORK_PLUGIN) ? [] : [NETWORK_PLUGIN]),
    ...(existsSync(join(CGROUP_ROOT, 'memory')) ? [] : ['cgroup v1 controllers']),
  ];
  if (lacks.length > 0) throw new Error(`a cluster of this machine needs ${lacks.join(', ')}; .ci/servers installs the programs`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

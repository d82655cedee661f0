import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { removeNetwork } from './network.ts';
import type { NodePlaces, Places } from './places.ts';
import { type ProcessRecord, runNow, stopProcess } from './processes.ts';
import { CGROUP_ROOT, runContainerd } from './worker-node.ts';

/** What kubelet and kube-proxy set for the whole machine: put back afterwards. */
const SYSCTLS = [
  'kernel/panic',
  'kernel/panic_on_oops',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
];
const REMOVAL_ATTEMPTS = 50;
const REMOVAL_PAUSE_MS = 100;

export function readSysctls(): Readonly<Record<string, string>> {
  const paths = SYSCTLS.map((name) => join('/proc/sys', name)).filter((path) => existsSync(path));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'utf8')]));
}

/** Ends every process of a cluster and removes everything it made, also one that was started only half. */
export async function tearDown(
  places: Places,
  processes: readonly ProcessRecord[],
  sysctls: Readonly<Record<string, string>>,
): Promise<void> {
  const stop = (pattern: RegExp): Promise<unknown> => Promise.all(processes.filter(({ name }) => pattern.test(name)).map(stopProcess));
  await stop(/^(?:kubelet|kube-proxy)$/);
  for (const node of places.nodes) await endContainers(node);
  await stop(/^containerd$/);
  await stop(/^kube-/);
  await stop(/^etcd$/);
  for (const node of places.nodes) endShims(node);
  unmountBelow([places.folder, places.runtimeFolder]);
  removeNetwork(places);
  for (const node of places.nodes) await removeCgroups(node);
  rmSync(places.runtimeFolder, { recursive: true, force: true });
  rmSync(places.folder, { recursive: true, force: true });
  for (const [path, value] of Object.entries(sysctls)) writeFileSync(path, value);
}

async function endContainers(node: NodePlaces): Promise<void> {
  if (!existsSync(node.containerdSocket)) return;
  const run = (...args: string[]): Promise<string> => runContainerd(node, ['--namespace', 'k8s.io', ...args]).catch(() => '');
  const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
  const tasks = lines(await run('tasks', 'ls', '-q'));
  await Promise.all(tasks.map((task) => run('tasks', 'kill', '-s', 'SIGKILL', task)));
  for (
    let attempt = 0;
    attempt < REMOVAL_ATTEMPTS && lines(await run('tasks', 'ls')).some((line) => line.includes('RUNNING'));
    attempt += 1
  )
    await pause(REMOVAL_PAUSE_MS);
  await Promise.all(tasks.map((task) => run('tasks', 'rm', '-f', task)));
  await Promise.all(lines(await run('containers', 'ls', '-q')).map((container) => run('containers', 'rm', container)));
}

/** A shim outlives its containerd; it names the socket it belongs to. */
function endShims({ containerdSocket }: NodePlaces): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (command[0]?.endsWith('containerd-shim-runc-v2') === true && command.includes(containerdSocket))
        process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Ended by itself while it was looked at.
    }
  }
}

function unmountBelow(folders: readonly string[]): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
  for (const path of mounts.sort().reverse()) runNow(['umount', '--lazy', path]);
}

/** A group can be removed only when its last process is gone, which the kernel does in its own time. */
async function removeCgroups({ cgroup }: NodePlaces): Promise<void> {
  for (const controller of readdirSync(CGROUP_ROOT)) {
    const root = join(CGROUP_ROOT, controller, cgroup);
    if (!existsSync(root)) continue;
    const groups = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
    const paths = [root, ...groups.map((entry) => join(entry.parentPath, entry.name))].sort((left, right) => right.length - left.length);
    for (const path of paths) await removeFolder(path);
  }
}

async function removeFolder(path: string): Promise<void> {
  for (let attempt = 1; existsSync(path); attempt += 1) {
    try {
      rmdirSync(path);
    } catch (error) {
      if (attempt >= REMOVAL_ATTEMPTS) throw error;
      await pause(REMOVAL_PAUSE_MS);
    }
  }
}

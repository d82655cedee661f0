import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Places, placesOf } from './places.ts';
import { isRunning, type ProcessRecord } from './processes.ts';
import { tearDown } from './tear-down.ts';

const PREFIX = 'civitas-cluster-';
const RECORD = 'cluster.json';

/** What must be known to remove a cluster whose test was killed. */
export interface ClusterRecord {
  readonly id: string;
  readonly nodeCount: number;
  /** The process that runs the cluster. */
  readonly owner: ProcessRecord;
  readonly processes: readonly ProcessRecord[];
  /** Machine-wide settings as they were before, by path. */
  readonly sysctls: Readonly<Record<string, string>>;
}

export function folderOfCluster(id: string): string {
  return join(tmpdir(), `${PREFIX}${id}`);
}

export function writeRecord({ folder }: Places, record: ClusterRecord): void {
  writeFileSync(join(folder, `${RECORD}.new`), JSON.stringify(record, null, 2));
  renameSync(join(folder, `${RECORD}.new`), join(folder, RECORD));
}

/** Removes what clusters left behind whose own process is gone, by the processes that they recorded. Returns their ids. */
export async function removeAbandoned(): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX) && !entry.startsWith(`${PREFIX}home-`))) {
    const path = join(tmpdir(), name, RECORD);
    if (!existsSync(path)) continue;
    const record = JSON.parse(readFileSync(path, 'utf8')) as ClusterRecord;
    if (isRunning(record.owner)) continue;
    await tearDown(placesOf(record.id, join(tmpdir(), name), record.nodeCount), record.processes, record.sysctls);
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
    removed.push(record.id);
  }
  return removed;
}

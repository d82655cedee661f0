/** Remembers on disk which processes are ours, so that a kubelet that died leaves none behind for good. */

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processStatOf } from '../process-stat.ts';
import { writeDurably } from './durable-file.ts';
import { strayGraceMs } from './limits.ts';

/** A process is named by its pid, the tick it started at and the boot that tick counts from: a pid alone is used again. */
interface ProcessRecord {
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
  /** `namespace/pod/container`, for people. */
  readonly owner: string;
}

export interface ProcessRegistry {
  /** Writes the record down before it returns. Returns what removes it. */
  record(pid: number, owner: string): () => void;
  /** Ends the processes a previous run left; returns how many there were. */
  endStrays(): Promise<number>;
  readonly count: number;
}

/** @param folder Created when absent. */
export function openProcessRegistry(folder: string): ProcessRegistry {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  let count = 0;

  return {
    get count() {
      return count;
    },
    record(pid, owner) {
      const path = join(folder, `${pid}.json`);
      const entry: ProcessRecord = { pid, startTicks: processStatOf(pid)?.startTicks ?? '', bootId, owner };
      writeDurably(path, JSON.stringify(entry));
      count++;
      return () => {
        count--;
        rmSync(path, { force: true });
      };
    },
    async endStrays() {
      const records = readdirSync(folder).flatMap((name) => readRecord(join(folder, name)));
      const strays = records.filter((entry) => entry.bootId === bootId && isAlive(entry));
      for (const stray of strays) signalGroup(stray.pid, 'SIGTERM');
      const deadline = Date.now() + strayGraceMs;
      while (strays.some(isAlive) && Date.now() < deadline) await pause(20);
      for (const stray of strays.filter(isAlive)) signalGroup(stray.pid, 'SIGKILL');
      while (strays.some(isAlive)) await pause(5);
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });
      return strays.length;
    },
  };
}

/** Sends a signal to a process group; nothing when it is gone. */
export function signalGroup(processGroup: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-processGroup, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readRecord(path: string): ProcessRecord[] {
  try {
    return [JSON.parse(readFileSync(path, 'utf8'))];
  } catch {
    // A half-written `.new` file: its process was never let go on.
    return [];
  }
}

/** The recorded process itself, or, when it is gone, members of its group, which keep its pid from being used again. */
function isAlive({ pid, startTicks }: ProcessRecord): boolean {
  const leader = processStatOf(pid);
  if (leader !== undefined) return leader.startTicks === startTicks;
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    const member = processStatOf(Number(name));
    return member?.processGroup === pid && member.session === pid;
  });
}

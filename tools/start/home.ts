import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { processStatOf } from '@civitas/localcluster/process-stat';
import type { ConsensusChoice } from './consensus-choice.ts';
import type { IdentityChoice } from './identity-choice.ts';
import { StartRefused } from './start-refused.ts';

/** Version of the folder's layout; a newer one is refused. */
const FORMAT_VERSION = 1;

/** Everything one city on this machine keeps: `.civitas/`, or what CIVITAS_HOME names. */
export interface Home {
  readonly path: string;
  readonly record: HomeRecord;
  /** Rewrites `home.json` atomically. */
  update(change: Partial<HomeRecord>): void;
  /** Gives the folder back; removes `ready.json` first. */
  release(): void;
}

export interface HomeRecord {
  readonly formatVersion: number;
  /** Second and third octet of this home's 127.a.b.0/24 (pods) and 127.a.(b+1).0/24 (services), so that two homes never meet. */
  readonly subnet: readonly [number, number];
  readonly sampleAppliedAt: string | null;
  readonly case: CaseRecord | null;
  /** How the sample was applied; a home of the first release has none and is embedded. */
  readonly consensus?: ConsensusChoice;
  /** Whose people it believes; a home of an earlier release has none and believes its own. */
  readonly identity?: IdentityChoice;
}

export interface CaseRecord {
  readonly id: string;
  /** Path of the evidence bundle, relative to the home. */
  readonly bundle: string;
}

/** Where the home is: the argument, CIVITAS_HOME, or `.civitas` in the current folder. */
export function homePathOf(argument: string | undefined): string {
  return resolve(argument ?? process.env['CIVITAS_HOME'] ?? '.civitas');
}

/**
 * Opens the home folder for one process.
 *
 * @throws StartRefused when another process holds it, or when its format is newer than this release's.
 */
export function openHome(path: string): Home {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lockPath = join(path, 'lock.json');
  acquireLock(lockPath, path);
  const recordPath = join(path, 'home.json');
  let record: HomeRecord;
  try {
    record = readRecord(recordPath) ?? { formatVersion: FORMAT_VERSION, subnet: subnetOf(path), sampleAppliedAt: null, case: null };
  } catch (error) {
    rmSync(lockPath, { force: true });
    throw error;
  }
  const home = {
    path,
    get record() {
      return record;
    },
    update(change: Partial<HomeRecord>): void {
      record = { ...record, ...change };
      writeAtomically(recordPath, `${JSON.stringify(record, null, 2)}\n`);
    },
    release(): void {
      rmSync(join(path, 'ready.json'), { force: true });
      rmSync(lockPath, { force: true });
    },
  };
  home.update({});
  rmSync(join(path, 'ready.json'), { force: true });
  return home;
}

/** Writes a file so that a reader sees the old content or the new, never half of one. */
export function writeAtomically(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function acquireLock(lockPath: string, homePath: string): void {
  const mine = JSON.stringify({ pid: process.pid, startTicks: processStatOf(process.pid)?.startTicks, since: new Date().toISOString() });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(lockPath, mine, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = findHolder(lockPath);
    if (holder !== undefined) {
      throw new StartRefused(
        'ALREADY_RUNNING',
        `a city already runs from ${homePath}: process ${holder.pid}, since ${holder.since}.\n` +
          'Stop it with Ctrl-C in its terminal, or give this one a home of its own: CIVITAS_HOME=/some/where npm start',
      );
    }
    // The holder is gone (its pid is free or belongs to another process by start time): a crash left the lock behind.
    rmSync(lockPath, { force: true });
  }
  throw new StartRefused('ALREADY_RUNNING', `another process is just starting a city from ${homePath}`);
}

function findHolder(lockPath: string): { pid: number; since: string } | undefined {
  try {
    const lock = JSON.parse(readFileSync(lockPath, 'utf8')) as { pid: number; startTicks: string; since: string };
    return processStatOf(lock.pid)?.startTicks === lock.startTicks ? lock : undefined;
  } catch {
    return undefined;
  }
}

function readRecord(recordPath: string): HomeRecord | undefined {
  let text: string;
  try {
    text = readFileSync(recordPath, 'utf8');
  } catch {
    return undefined;
  }
  const record = JSON.parse(text) as HomeRecord;
  if (record.formatVersion !== FORMAT_VERSION) {
    throw new StartRefused(
      'HOME_FORMAT',
      `${recordPath} has format ${record.formatVersion}, this release reads format ${FORMAT_VERSION}. Use the release that wrote it, or another CIVITAS_HOME.`,
    );
  }
  return record;
}

function subnetOf(path: string): readonly [number, number] {
  const hash = createHash('sha256').update(path).digest();
  return [64 + ((hash[0] ?? 0) % 128), (hash[1] ?? 0) & 0xfe];
}

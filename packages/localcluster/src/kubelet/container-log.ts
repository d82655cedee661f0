/** Output of a container on disk, a line a record: `<RFC 3339 time> <stdout|stderr> <F|P> <text>`, as CRI logs are. */

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { logBytesMax, logLineBytesMax, logRunsKept } from './limits.ts';

/** Log of one run. */
export interface ContainerLog {
  /** Takes output as it comes. */
  write(stream: 'stdout' | 'stderr', bytes: Buffer): void;
  /** Writes half lines out and ends followers. */
  close(): void;
  /** Calls on each new record, with undefined at the end; returns what ends it. */
  follow(onRecord: (record: string | undefined) => void): () => void;
  /** Last bytes, without times. */
  tail(bytesMax: number): string;
  readonly closed: boolean;
}

/** File of run number `run` (the container's restart count). */
export function logPathOf(folder: string, container: string, run: number): string {
  return join(folder, container, `${run}.log`);
}

/** Opens the log of a run and drops those of runs before the previous one. `onFault`: lines were lost. */
export function openContainerLog(folder: string, container: string, run: number, onFault: () => void = () => {}): ContainerLog {
  mkdirSync(join(folder, container), { recursive: true, mode: 0o700 });
  dropOldRuns(join(folder, container), run);
  const path = logPathOf(folder, container, run);
  const followers = new Set<(record: string | undefined) => void>();
  const halves: Record<'stdout' | 'stderr', Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  let file = openSync(path, 'a', 0o600);
  let fileBytes = statSync(path).size;
  let closed = false;

  const rotate = (): void => {
    renameSync(path, `${path}.1`);
    const next = openSync(path, 'a', 0o600);
    closeSync(file);
    file = next;
    fileBytes = 0;
  };

  const emit = (records: readonly string[]): void => {
    if (records.length === 0 || closed) return;
    const bytes = Buffer.from(`${records.join('\n')}\n`);
    try {
      if (fileBytes > 0 && fileBytes + bytes.byteLength > logBytesMax) rotate();
      writeSync(file, bytes);
      fileBytes += bytes.byteLength;
    } catch {
      // A full disk costs log lines, not programs: followers still get them.
      onFault();
    }
    for (const record of records) for (const onRecord of followers) onRecord(record);
  };

  return {
    get closed() {
      return closed;
    },
    write(stream, bytes) {
      const whole = halves[stream].byteLength === 0 ? bytes : Buffer.concat([halves[stream], bytes]);
      const { records, rest } = cutRecords(whole, `${new Date().toISOString()} ${stream}`);
      // A copy: what is left must not keep a whole chunk of output alive.
      halves[stream] = Buffer.from(rest);
      emit(records);
    },
    close() {
      if (closed) return;
      const stamp = new Date().toISOString();
      for (const stream of ['stdout', 'stderr'] as const) {
        if (halves[stream].byteLength > 0) emit([`${stamp} ${stream} F ${halves[stream].toString('utf8')}`]);
      }
      closed = true;
      closeSync(file);
      for (const onRecord of followers) onRecord(undefined);
      followers.clear();
    },
    follow(onRecord) {
      followers.add(onRecord);
      return () => followers.delete(onRecord);
    },
    tail: (bytesMax) =>
      readRecords(path)
        .slice(-50)
        .map((record) => textOfRecord(record))
        .join('\n')
        .slice(-bytesMax),
  };
}

/** Records of a run, the rotated file's first; none when there is no such run. */
export function readRecords(path: string): string[] {
  return [`${path}.1`, path].flatMap((name) => {
    try {
      return readFileSync(name, 'utf8').split('\n').slice(0, -1);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  });
}

/** The program's own text of a record. */
export function textOfRecord(record: string): string {
  return record.slice(record.indexOf(' ', record.indexOf(' ') + 1) + 3);
}

/** RFC 3339 time of a record. */
export function timeOfRecord(record: string): string {
  return record.slice(0, record.indexOf(' '));
}

/** Records of the finished lines, and what is left; a line above the bound is cut into pieces marked P. */
function cutRecords(bytes: Buffer, prefix: string): { records: string[]; rest: Buffer } {
  const records: string[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf(10);
    const isWhole = end >= 0 && end <= logLineBytesMax;
    if (!isWhole && rest.byteLength <= logLineBytesMax) return { records, rest };
    const cut = isWhole ? end : logLineBytesMax;
    records.push(`${prefix} ${isWhole ? 'F' : 'P'} ${rest.toString('utf8', 0, cut)}`);
    rest = rest.subarray(isWhole ? cut + 1 : cut);
  }
}

function dropOldRuns(folder: string, run: number): void {
  for (const name of readdirSync(folder)) {
    if (Number.parseInt(name, 10) <= run - logRunsKept) rmSync(join(folder, name), { force: true });
  }
}

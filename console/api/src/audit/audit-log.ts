import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { canonicalString, type Json } from '@civitas/canon';
import type { AuditEntry } from '@civitas/console-contract';
import { AUDIT_LINE_BYTES_MAX } from './limits.ts';

export type AuditFacts = Pick<AuditEntry, 'sub' | 'name' | 'agency' | 'action' | 'resource' | 'stage' | 'of' | 'facts'>;

/** The log cannot be written, or what stands in it is not what was written: nothing may be changed then. */
export class AuditUnavailable extends Error {}

export interface ListOptions {
  readonly before: number;
  /** Default 0: from the first one on. */
  readonly after?: number;
  readonly limit: number;
  readonly wanted: (entry: AuditEntry) => boolean;
}

/** Append-only and hash-chained: an entry is on the disk when `append` resolves. */
export interface AuditLog {
  append(facts: AuditFacts): Promise<AuditEntry>;
  /** Entries below `before` (exclusive; 0 for the newest) and above `after`, newest first, at most `limit` that `wanted` takes. */
  list(options: ListOptions): Promise<readonly AuditEntry[]>;
  /** Why nothing is taken any more; undefined while all is well. */
  problem(): string | undefined;
  close(): Promise<void>;
}

const FIRST = '0'.repeat(64);

/** Hash of an entry: SHA-256 of the canonical JSON of everything else in it. */
export function auditHashOf(entry: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256')
    .update(canonicalString(entry as object as Json))
    .digest('hex');
}

interface Place {
  readonly offset: number;
  readonly bytes: number;
}

interface Waiting {
  readonly facts: AuditFacts;
  resolve(entry: AuditEntry): void;
  reject(cause: unknown): void;
}

/**
 * Opens a log and checks its whole chain. A last line that a crash cut short was never answered for and is cut off.
 *
 * @returns a log that takes nothing when the chain does not hold: what is wrong is in `problem`.
 * @throws the error of the file system when the file cannot be opened.
 */
export async function openAuditLog(path: string, nowUnixMs: () => number): Promise<AuditLog> {
  const file = await open(path, 'a+', 0o600);
  return FileAuditLog.read(file, nowUnixMs);
}

class FileAuditLog implements AuditLog {
  readonly #file: FileHandle;
  readonly #nowUnixMs: () => number;
  readonly #places: Place[] = [];
  #head = FIRST;
  #bytes = 0;
  #problem: string | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  constructor(file: FileHandle, nowUnixMs: () => number) {
    this.#file = file;
    this.#nowUnixMs = nowUnixMs;
  }

  static async read(file: FileHandle, nowUnixMs: () => number): Promise<FileAuditLog> {
    const log = new FileAuditLog(file, nowUnixMs);
    const size = (await file.stat()).size;
    while (log.#problem === undefined && (await log.#take(size))) {}
    if (log.#problem === undefined && log.#bytes < size) await file.truncate(log.#bytes);
    return log;
  }

  /** Takes up the next line; false where no whole one is left. */
  async #take(size: number): Promise<boolean> {
    if (this.#bytes >= size) return false;
    const chunk = Buffer.alloc(Math.min(AUDIT_LINE_BYTES_MAX, size - this.#bytes));
    const { bytesRead } = await this.#file.read(chunk, 0, chunk.length, this.#bytes);
    let from = 0;
    for (let end = chunk.indexOf(10, from); end >= 0 && end < bytesRead; end = chunk.indexOf(10, from)) {
      if (!this.#check(chunk.toString('utf8', from, end), end + 1 - from)) return false;
      from = end + 1;
    }
    if (from === 0 && bytesRead === AUDIT_LINE_BYTES_MAX)
      this.#problem = `line ${this.#places.length + 1} is longer than ${AUDIT_LINE_BYTES_MAX} bytes`;
    return from > 0;
  }

  #check(line: string, bytes: number): boolean {
    const entry = parseEntry(line);
    const sequence = this.#places.length + 1;
    const { hash, ...rest } = entry ?? { hash: '' };
    const holds = entry?.sequence === sequence && entry.previous === this.#head && auditHashOf(rest as Omit<AuditEntry, 'hash'>) === hash;
    if (!holds) {
      this.#problem = `the chain does not hold at entry ${sequence}`;
      return false;
    }
    this.#places.push({ offset: this.#bytes, bytes });
    this.#bytes += bytes;
    this.#head = hash;
    return true;
  }

  problem(): string | undefined {
    return this.#problem;
  }

  append(facts: AuditFacts): Promise<AuditEntry> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ facts, resolve, reject });
      if (!this.#isWriting) this.#writing = this.#writeAll();
    });
  }

  /** Everything that waits goes to the disk together: one flush for all. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        await this.#write(batch);
      }
    } finally {
      this.#isWriting = false;
    }
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      if (this.#problem !== undefined) throw new AuditUnavailable(this.#problem);
      const entries = this.#chain(batch.map(({ facts }) => facts));
      const lines = entries.map((entry) => Buffer.from(`${JSON.stringify(entry)}\n`));
      await this.#file.appendFile(Buffer.concat(lines));
      await this.#file.datasync();
      for (const line of lines) {
        this.#places.push({ offset: this.#bytes, bytes: line.length });
        this.#bytes += line.length;
      }
      this.#head = entries.at(-1)?.hash ?? this.#head;
      batch.forEach((waiting, index) => {
        const entry = entries[index];
        if (entry !== undefined) waiting.resolve(entry);
      });
    } catch (cause) {
      // What a failed write has left on the disk is unknown: the next start looks.
      this.#problem ??= cause instanceof Error ? cause.message : String(cause);
      for (const waiting of batch) waiting.reject(new AuditUnavailable(this.#problem, { cause }));
    }
  }

  #chain(all: readonly AuditFacts[]): AuditEntry[] {
    let previous = this.#head;
    return all.map((facts, index) => {
      const at = new Date(this.#nowUnixMs()).toISOString();
      const entry = { ...facts, sequence: this.#places.length + 1 + index, at, previous };
      const hash = auditHashOf(entry);
      previous = hash;
      return { ...entry, hash };
    });
  }

  async list({ before, after = 0, limit, wanted }: ListOptions): Promise<readonly AuditEntry[]> {
    const found: AuditEntry[] = [];
    const newest = before === 0 ? this.#places.length : Math.min(before - 1, this.#places.length);
    for (let sequence = newest; sequence > after && found.length < limit; sequence--) {
      const place = this.#places[sequence - 1];
      if (place === undefined) break;
      const line = Buffer.alloc(place.bytes);
      await this.#file.read(line, 0, place.bytes, place.offset);
      const entry = parseEntry(line.toString('utf8'));
      if (entry !== undefined && wanted(entry)) found.push(entry);
    }
    return found;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}

function parseEntry(line: string): AuditEntry | undefined {
  try {
    const parsed: AuditEntry = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

import { createHash } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { JOURNAL_BYTES_MAX } from '../limits.ts';
import { openAppendFile } from './append-file.ts';

export interface JournalEntry {
  readonly key: string;
  /** Undefined deletes the key. */
  readonly value?: unknown;
  /** Unix seconds; the entry is gone from then on. */
  readonly expiresAtUnixS?: number;
}

export interface Journal {
  readonly get: (key: string) => unknown;
  readonly keys: () => Iterable<string>;
  readonly size: () => number;
  /** Entries of one call are seen at once; the promise resolves when they are on disk. */
  readonly write: (entries: readonly JournalEntry[]) => Promise<void>;
  /** Forgets what has expired. */
  readonly purge: () => Promise<void>;
  /** True when the file was damaged and has been set aside. */
  readonly wasBroken: boolean;
  readonly close: () => Promise<void>;
}

interface Kept {
  readonly value: unknown;
  readonly expiresAtUnixS: number;
}

const SUM_HEX_LENGTH = 16;

function lineOf(entry: JournalEntry): string {
  const json = JSON.stringify(entry);
  return `${createHash('sha256').update(json).digest('hex').slice(0, SUM_HEX_LENGTH)} ${json}\n`;
}

function entryOf(line: string): JournalEntry | undefined {
  const json = line.slice(SUM_HEX_LENGTH + 1);
  const sum = createHash('sha256').update(json).digest('hex').slice(0, SUM_HEX_LENGTH);
  return line.startsWith(`${sum} `) ? (JSON.parse(json) as JournalEntry) : undefined;
}

/** Entries of a journal; `isBroken` when something else than a torn last line is damaged. */
function parseJournal(text: string): { readonly entries: readonly JournalEntry[]; readonly isBroken: boolean } {
  const lines = text.split('\n');
  // What follows the last line end was cut off by a crash: it was never acknowledged.
  lines.pop();
  const entries: JournalEntry[] = [];
  for (const line of lines) {
    const entry = entryOf(line);
    if (entry === undefined) return { entries: [], isBroken: true };
    entries.push(entry);
  }
  return { entries, isBroken: false };
}

/**
 * A durable map of a few thousand short-lived entries: an append-only file of checksummed lines, held in memory, rewritten when it has
 * grown. A torn last line is dropped. A file damaged anywhere else is set aside and everything in it forgotten: sessions end, and no
 * token that was already used comes back to life.
 *
 * @param nowUnixS clock, Unix seconds.
 */
export async function openJournal(path: string, nowUnixS: () => number): Promise<Journal> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw cause;
  });
  const { entries, isBroken } = parseJournal(text);
  if (isBroken) await rename(path, `${path}.broken`);
  const kept = new Map<string, Kept>();
  const take = ({ key, value, expiresAtUnixS = Number.MAX_SAFE_INTEGER }: JournalEntry): void => {
    if (value === undefined || expiresAtUnixS <= nowUnixS()) kept.delete(key);
    else kept.set(key, { value, expiresAtUnixS });
  };
  for (const entry of entries) take(entry);

  const contentNow = (): string => [...kept].map(([key, entry]) => lineOf({ key, ...entry })).join('');
  const file = await openAppendFile(path, contentNow, JOURNAL_BYTES_MAX);
  let waiting: string[] = [];
  let turn: Promise<void> = Promise.resolve();
  const flush = async (): Promise<void> => {
    const lines = waiting.join('');
    waiting = [];
    if (lines !== '') await file.append(lines);
  };
  const settle = (): Promise<void> => {
    const mine = turn.then(flush);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const isLive = (entry: Kept): boolean => entry.expiresAtUnixS > nowUnixS();
  return {
    get: (key) => {
      const entry = kept.get(key);
      return entry !== undefined && isLive(entry) ? entry.value : undefined;
    },
    keys: () => kept.keys(),
    size: () => kept.size,
    write: async (changes) => {
      for (const change of changes) take(change);
      waiting.push(...changes.map(lineOf));
      await settle();
    },
    purge: async () => {
      const gone = [...kept].filter(([, entry]) => !isLive(entry)).map(([key]) => key);
      for (const key of gone) kept.delete(key);
      waiting.push(...gone.map((key) => lineOf({ key })));
      await settle();
    },
    wasBroken: isBroken,
    close: async () => {
      await turn;
      await file.close();
    },
  };
}

import type { Writable } from 'node:stream';

/** What `--json` prints: plain values, with bigints as numbers and bytes as base64url. */
export type Printable = unknown;

export interface Terminal {
  readonly json: boolean;
  /** A line for people on stdout; nothing with `--json`. */
  line(text?: string): void;
  /** A line for people on stderr, with `--json` too. */
  note(text: string): void;
  /** Columns for people; nothing with `--json`. */
  table(headers: readonly string[], rows: readonly (readonly string[])[]): void;
  /** The one JSON document of a command; nothing without `--json`. */
  result(value: Printable): void;
  /** Progress of long work: a bar on a terminal, a line each tenth elsewhere. */
  progress(label: string, total: number): Progress;
}

export interface Progress {
  advance(count?: number): void;
  end(text?: string): void;
}

export interface TerminalStreams {
  readonly stdout: Writable;
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
}

const BAR_CELLS = 28;
const REDRAW_MS = 80;

// A Buffer has turned itself into an object by the time a replacer sees `value`; its holder still has the bytes.
function plainOf(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const held = this[key];
  if (held instanceof Uint8Array) return Buffer.from(held).toString('base64url');
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Columns a character takes: two for the CJK blocks that names here use. */
function cellsOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += (character.codePointAt(0) ?? 0) >= 0x2e80 ? 2 : 1;
  return cells;
}

function padded(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - cellsOf(text)));
}

/** Rows under their headers, two spaces apart. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headers, ...rows];
  const widths = headers.map((_, column) => Math.max(...all.map((row) => cellsOf(row[column] ?? ''))));
  return all
    .map((row) =>
      row
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function bar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * BAR_CELLS);
  return `[${'█'.repeat(filled)}${'·'.repeat(BAR_CELLS - filled)}] ${String(Math.floor(share * 100)).padStart(3)}%`;
}

function ttyProgress(label: string, total: number, out: Writable): Progress {
  let done = 0;
  let drawnAtMs = 0;
  const draw = (): void => {
    drawnAtMs = Date.now();
    out.write(`\r\u001b[2K${label} ${bar(done, total)} ${done}/${total}`);
  };
  draw();
  return {
    advance(count = 1) {
      done += count;
      if (Date.now() - drawnAtMs >= REDRAW_MS) draw();
    },
    end(text) {
      draw();
      out.write(text === undefined ? '\n' : `  ${text}\n`);
    },
  };
}

function plainProgress(label: string, total: number, out: Writable): Progress {
  let done = 0;
  let tenth = 0;
  return {
    advance(count = 1) {
      done += count;
      const now = total === 0 ? 10 : Math.floor((done * 10) / total);
      if (now > tenth) {
        tenth = now;
        out.write(`${label}: ${done}/${total}\n`);
      }
    },
    end(text) {
      if (text !== undefined) out.write(`${label}: ${text}\n`);
    },
  };
}

/** The terminal of one command run. Results go to stdout, progress and notes to stderr. */
export function createTerminal(streams: TerminalStreams, options: { json: boolean }): Terminal {
  const { stdout, stderr } = streams;
  return {
    json: options.json,
    line: (text = '') => void (options.json || stdout.write(`${text}\n`)),
    note: (text) => void stderr.write(`${text}\n`),
    table: (headers, rows) => void (options.json || stdout.write(`${formatTable(headers, rows)}\n`)),
    result: (value) => void (options.json && stdout.write(`${JSON.stringify(value, plainOf, 2)}\n`)),
    progress: (label, total) =>
      stderr.isTTY === true && process.env['TERM'] !== 'dumb' ? ttyProgress(label, total, stderr) : plainProgress(label, total, stderr),
  };
}

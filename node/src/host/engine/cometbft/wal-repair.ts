import { existsSync, linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../keys/write-file-atomically.ts';
import { crc32c } from './crc32c.ts';

/** The write-ahead log that CometBFT replays the height from that it was deciding; earlier pieces of it stand beside, and are whole. */
export const WAL = 'data/cs.wal/wal';
/** What CometBFT, too, calls a log that it repaired. */
const TORN_WAL = `${WAL}.CORRUPTED`;
/** CRC-32C of the data, then its length, both big-endian (CometBFT `consensus/wal.go`). */
const HEADER_BYTES = 8;
const LENGTH_AT = 4;
/** Of one record's data (CometBFT `maxMsgSizeBytes`). */
const DATA_BYTES_MAX = 1_048_600;

export interface WalRepair {
  readonly keptBytes: number;
  readonly droppedBytes: number;
}

/** Length of the record that begins at a place, bytes; 0 where none does. */
function recordBytesAt(log: Buffer, at: number): number {
  if (at + HEADER_BYTES > log.length) return 0;
  const dataBytes = log.readUInt32BE(at + LENGTH_AT);
  const end = at + HEADER_BYTES + dataBytes;
  // Zeros, as a power cut leaves them, are no record although their sum is right.
  if (dataBytes === 0 || dataBytes > DATA_BYTES_MAX || end > log.length) return 0;
  return crc32c(log.subarray(at + HEADER_BYTES, end)) === log.readUInt32BE(at) ? end - at : 0;
}

/** The runs of whole records in a log, in order; one run, the log itself, where nothing is torn. */
export function wholeRuns(log: Buffer): readonly Buffer[] {
  const runs: Buffer[] = [];
  let start = 0;
  let at = 0;
  const endRun = (): void => {
    if (at > start) runs.push(log.subarray(start, at));
  };
  while (at < log.length) {
    const bytes = recordBytesAt(log, at);
    if (bytes === 0) {
      endRun();
      start = at + 1;
    }
    at += bytes || 1;
  }
  endRun();
  return runs;
}

/**
 * Takes torn records out of the write-ahead log of an engine that does not run, and keeps the log as it was beside it. A full disk or a
 * power cut leaves half a record at its end. CometBFT mends that when it replays the log, but an engine that fetched blocks from its
 * peers first writes on behind the half record and finds nothing behind it ever after: at the next crash it has forgotten its own votes,
 * and where every vote is needed its network stands still.
 *
 * @returns undefined where nothing was torn, or no log is there.
 */
export function repairWal(home: string): WalRepair | undefined {
  const path = join(home, WAL);
  if (!existsSync(path)) return undefined;
  const log = readFileSync(path);
  const whole = Buffer.concat(wholeRuns(log));
  if (whole.length === log.length) return undefined;
  rmSync(join(home, TORN_WAL), { force: true });
  linkSync(path, join(home, TORN_WAL));
  writeFileAtomically(path, whole);
  return { keptBytes: whole.length, droppedBytes: log.length - whole.length };
}

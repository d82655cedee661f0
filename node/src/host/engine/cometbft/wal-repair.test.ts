import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fc } from '@civitas/testkit/properties';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { crc32c } from './crc32c.ts';
import { repairWal, WAL, wholeRuns } from './wal-repair.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'civitas-wal-'));
  mkdirSync(dirname(join(home, WAL)), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function aRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(8 + data.length);
  record.writeUInt32BE(crc32c(data), 0);
  record.writeUInt32BE(data.length, 4);
  record.set(data, 8);
  return record;
}

const write = (...parts: readonly Uint8Array[]): void => writeFileSync(join(home, WAL), Buffer.concat(parts));
const read = (path = WAL): Buffer => readFileSync(join(home, path));
const [FIRST, SECOND] = [aRecord(Buffer.from('one')), aRecord(Buffer.from('another'))];

test('a log whose records are whole is left as it is, and so is a home without any', () => {
  expect(repairWal(home)).toBeUndefined();
  for (const parts of [[], [FIRST], [FIRST, SECOND]]) {
    write(...parts);
    expect(repairWal(home)).toBeUndefined();
    expect(read()).toEqual(Buffer.concat(parts));
  }
  expect(existsSync(join(home, `${WAL}.CORRUPTED`))).toBe(false);
});

test('half a record at the end goes, what stood there is kept, and a second repair finds nothing', () => {
  const torn = SECOND.subarray(0, SECOND.length - 1);
  write(FIRST, torn);
  expect(repairWal(home)).toEqual({ keptBytes: FIRST.length, droppedBytes: torn.length });
  expect(read()).toEqual(FIRST);
  expect(read(`${WAL}.CORRUPTED`)).toEqual(Buffer.concat([FIRST, torn]));
  expect(repairWal(home)).toBeUndefined();
});

test('the copy of an earlier repair gives way to the newest', () => {
  for (const torn of [SECOND.subarray(0, 5), SECOND.subarray(0, 9)]) {
    write(FIRST, torn);
    expect(repairWal(home)).toMatchObject({ droppedBytes: torn.length });
    expect(read(`${WAL}.CORRUPTED`)).toEqual(Buffer.concat([FIRST, torn]));
  }
});

test('zeros and a length beyond any record are no records', () => {
  const tooLong = Buffer.alloc(12, 0xff);
  write(FIRST, Buffer.alloc(4_096), SECOND, tooLong);
  expect(repairWal(home)).toEqual({ keptBytes: FIRST.length + SECOND.length, droppedBytes: 4_096 + tooLong.length });
  expect(read()).toEqual(Buffer.concat([FIRST, SECOND]));
});

test('whatever is torn where, every whole record stays, in order', () => {
  const part = fc.record({ data: fc.uint8Array({ minLength: 1, maxLength: 300 }), cut: fc.option(fc.nat()) });
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const records = parts.map(({ data, cut }) => ({ record: aRecord(data), cut }));
      // At least one byte of it is missing, at its end as a short write leaves it.
      const written = records.map(({ record, cut }) => (cut === null ? record : record.subarray(0, cut % record.length)));
      const whole = records.filter(({ cut }) => cut === null).map(({ record }) => record);
      expect(Buffer.concat(wholeRuns(Buffer.concat(written)))).toEqual(Buffer.concat(whole));
    }),
  );
});

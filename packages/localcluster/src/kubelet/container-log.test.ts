import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { logPathOf, openContainerLog, readRecords, textOfRecord } from './container-log.ts';
import { logBytesMax, logLineBytesMax } from './limits.ts';
import { createLogSource } from './log-source.ts';

describe('container log', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const texts = (run = 0) => readRecords(logPathOf(folder, 'main', run)).map(textOfRecord);
  const read = async (request: object, live?: ReturnType<typeof openContainerLog>, run = 0): Promise<string[]> => {
    const source = createLogSource(() => ({ folder, container: 'main', run, live }));
    const { signal } = new AbortController();
    const all = { namespace: 'n', pod: 'p', follow: false, previous: false, timestamps: false, signal, ...request };
    const lines: string[] = [];
    for await (const line of source.readLog(all)) lines.push(line);
    return lines;
  };

  test('lines are put together from pieces, each stream for itself, also through a split character', () => {
    const log = openContainerLog(folder, 'main', 0);
    const city = Buffer.from('锦城\n');
    log.write('stdout', Buffer.from('one\ntw'));
    log.write('stderr', city.subarray(0, 2));
    log.write('stdout', Buffer.from('o\nlast'));
    log.write('stderr', city.subarray(2));
    log.close();
    expect(texts()).toEqual(['one', 'two', '锦城', 'last']);
  });

  test('a line above the bound is stored in pieces', () => {
    const log = openContainerLog(folder, 'main', 0);
    log.write('stdout', Buffer.from(`${'x'.repeat(logLineBytesMax + 5)}\n`));
    log.close();
    expect(texts().map((text) => text.length)).toEqual([logLineBytesMax, 5]);
  });

  test('a full log is rotated once and the older file is dropped at the next rotation', () => {
    const log = openContainerLog(folder, 'main', 0);
    const line = Buffer.from(`${'x'.repeat(16_000)}\n`);
    const linesPerFile = Math.floor(logBytesMax / (line.byteLength + 33));
    for (let index = 0; index < linesPerFile * 2.5; index++) log.write('stdout', line);
    log.write('stdout', Buffer.from('newest\n'));
    log.close();
    expect(texts().at(-1)).toBe('newest');
    expect(texts().length).toBeLessThanOrEqual(linesPerFile * 2);
  });

  test('the previous run is kept, the one before is not', async () => {
    for (const run of [0, 1, 2]) {
      const log = openContainerLog(folder, 'main', run);
      log.write('stdout', Buffer.from(`run ${run}\n`));
      log.close();
    }
    expect(existsSync(logPathOf(folder, 'main', 0))).toBe(false);
    expect(await read({ previous: true }, undefined, 2)).toEqual(['run 1']);
    expect(await read({}, undefined, 2)).toEqual(['run 2']);
  });

  test('tail, since, a bound on bytes and timestamps select lines', async () => {
    const log = openContainerLog(folder, 'main', 0);
    for (let index = 1; index <= 5; index++) log.write('stdout', Buffer.from(`line ${index}\n`));
    expect(await read({ tailLines: 2 })).toEqual(['line 4', 'line 5']);
    expect(await read({ tailLines: 0 })).toEqual([]);
    expect(await read({ sinceSeconds: 60 })).toHaveLength(5);
    expect(await read({ limitBytes: 10 })).toEqual(['line 1', 'lin']);
    expect((await read({ timestamps: true, tailLines: 1 }))[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z line 5$/);
    log.close();
  });

  test('a follower gets what was there and what comes, each once, until the run ends', async () => {
    const log = openContainerLog(folder, 'main', 0);
    log.write('stdout', Buffer.from('before\n'));
    const followed = read({ follow: true }, log);
    log.write('stdout', Buffer.from('after\n'));
    await Promise.resolve();
    log.write('stdout', Buffer.from('later\n'));
    log.close();
    expect(await followed).toEqual(['before', 'after', 'later']);
  });
});

import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '@civitas/testkit/properties';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { openJournal } from './journal.ts';

// Disks of a busy machine.
jest.setTimeout(60_000);

describe('the journal of sessions', () => {
  let folder: string;
  let nowUnixS: number;
  const path = (): string => join(folder, 'sessions.log');
  const open = () => openJournal(path(), () => nowUnixS);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'civitas-journal-'));
    nowUnixS = 1000;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('holds after a restart what was written, without what was deleted or has expired', async () => {
    const journal = await open();
    await journal.write([{ key: 'a', value: 1, expiresAtUnixS: 2000 }]);
    await journal.write([{ key: 'b', value: { x: '国' }, expiresAtUnixS: 1500 }]);
    await journal.write([{ key: 'c', value: 3 }, { key: 'a' }]);
    expect(journal.get('b')).toEqual({ x: '国' });
    nowUnixS = 1500;
    expect(journal.get('b')).toBeUndefined();
    await journal.close();
    const again = await open();
    expect([...again.keys()]).toEqual(['c']);
    expect(again.wasBroken).toBe(false);
    await again.close();
  });

  test('is purged of what has expired, on disk too', async () => {
    const journal = await open();
    await journal.write([{ key: 'a', value: 'secret', expiresAtUnixS: 1001 }]);
    nowUnixS = 1001;
    await journal.purge();
    expect(journal.size()).toBe(0);
    await journal.close();
    await (await open()).close();
    expect(await readFile(path(), 'utf8')).toBe('');
  });

  test('drops a torn last line and keeps all before it, wherever it was torn', async () => {
    const journal = await open();
    await journal.write([{ key: 'a', value: 1 }]);
    const whole = (await readFile(path())).length;
    await journal.write([{ key: 'b', value: 2 }]);
    await journal.close();
    const both = await readFile(path());
    for (let length = whole; length < both.length; length += 1) {
      await writeFile(path(), both);
      await truncate(path(), length);
      const again = await open();
      expect([...again.keys()]).toEqual(['a']);
      expect(again.wasBroken).toBe(false);
      await again.close();
    }
  });

  test('damaged inside is set aside whole, so that nothing deleted comes back', async () => {
    const journal = await open();
    await journal.write([{ key: 'a', value: 1 }]);
    await journal.write([{ key: 'a' }, { key: 'b', value: 2 }]);
    await journal.close();
    const bytes = await readFile(path());
    bytes[bytes.indexOf('"b"') + 1] = 'c'.charCodeAt(0);
    await writeFile(path(), bytes);
    await appendFile(path(), '');
    const again = await open();
    expect(again.wasBroken).toBe(true);
    expect(again.size()).toBe(0);
    await again.close();
    expect((await readdir(folder)).sort()).toEqual(['sessions.log', 'sessions.log.broken']);
  });

  test('is rewritten when it has grown, and loses nothing by it', async () => {
    const journal = await open();
    const value = 'x'.repeat(200_000);
    for (let index = 0; index < 50; index += 1) await journal.write([{ key: 'a', value: `${index}${value}` }]);
    expect((await readFile(path())).length).toBeLessThan(6_000_000);
    await journal.close();
    const again = await open();
    expect(again.get('a')).toBe(`49${value}`);
    await again.close();
  });

  test('is after any writes at once, and a restart, what a map would be', async () => {
    const entry = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.option(fc.string(), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(entry, { maxLength: 3 }), { maxLength: 8 }), async (batches) => {
        await rm(path(), { force: true });
        const journal = await open();
        const model = new Map<string, string>();
        for (const { key, value } of batches.flat()) {
          if (value === undefined) model.delete(key);
          else model.set(key, value);
        }
        await Promise.all(batches.map((batch) => journal.write(batch)));
        await journal.close();
        const again = await open();
        expect(new Map([...again.keys()].map((key) => [key, again.get(key)]))).toEqual(model);
        await again.close();
      }),
      { numRuns: 40 },
    );
  });
});

import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc } from '@civitas/testkit/properties';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeAtomically } from './atomic-writer.ts';

const files = (content: Record<string, string>, mode = 0o644) =>
  new Map(Object.entries(content).map(([path, text]) => [path, { bytes: Buffer.from(text), mode }]));

describe('atomic writer', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'volume-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('a change swaps one link, and nothing is written when nothing differs', () => {
    expect(writeAtomically(folder, files({ a: '1', 'deep/b': '2' }, 0o600))).toBe(true);
    const first = readlinkSync(join(folder, '..data'));
    expect(writeAtomically(folder, files({ a: '1', 'deep/b': '2' }, 0o600))).toBe(false);
    expect(readlinkSync(join(folder, '..data'))).toBe(first);
    expect(writeAtomically(folder, files({ a: '3' }, 0o600))).toBe(true);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('3');
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.startsWith('..2'))).toHaveLength(1);
    expect(lstatSync(join(folder, 'deep'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('an entry that is not its own stays', () => {
    writeAtomically(folder, files({ a: '1' }));
    mkdirSync(join(folder, 'mounted-here'));
    writeAtomically(folder, files({ b: '2' }));
    expect(
      readdirSync(folder)
        .filter((name) => !name.startsWith('..'))
        .sort(),
    ).toEqual(['b', 'mounted-here']);
  });

  test.each(['../x', '/etc/passwd', 'a/../../x', '..data', ''])('the path %j is refused', (path) => {
    expect(() => writeAtomically(folder, files({ [path]: 'x' }))).toThrow('leaves its volume');
  });

  test('after any sequence of changes the folder shows exactly the last one', () => {
    const name = fc.constantFrom('a', 'b', 'c/d', 'c/e', 'f.yaml');
    fc.assert(
      fc.property(fc.array(fc.dictionary(name, fc.string({ maxLength: 8 })), { minLength: 1, maxLength: 6 }), (states) => {
        for (const state of states) writeAtomically(folder, files(state));
        const last = states.at(-1) ?? {};
        const shown = readdirSync(join(folder, '..data'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        expect(shown).toHaveLength(Object.keys(last).length);
        for (const [path, text] of Object.entries(last)) expect(readFileSync(join(folder, path), 'utf8')).toBe(text);
      }),
      { numRuns: 50 },
    );
  });
});

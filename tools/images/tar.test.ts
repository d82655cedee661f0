import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type TarEntry, tarOf } from './tar.ts';

const LONG = `app/node_modules/${'deep/'.repeat(20)}index.js`;

describe('the archive of a layer', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'civitas-tar-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const text = (path: string, content: string, mode?: number): TarEntry => ({
    kind: 'file',
    path,
    content: Buffer.from(content),
    ...(mode === undefined ? {} : { mode }),
  });

  test('is read by tar: files with their modes, links, folders, long paths', () => {
    const archive = join(folder, 'layer.tar');
    const link: TarEntry = { kind: 'link', path: 'app/link', target: '../etc/passwd' };
    writeFileSync(archive, tarOf([text('etc/passwd', 'root'), text('bin/run', '#!', 0o755), text(LONG, 'long'), link]));
    execFileSync('tar', ['-xf', archive, '-C', folder]);
    expect(readFileSync(join(folder, 'etc/passwd'), 'utf8')).toBe('root');
    expect(statSync(join(folder, 'bin/run')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(folder, LONG), 'utf8')).toBe('long');
    expect(readlinkSync(join(folder, 'app/link'))).toBe('../etc/passwd');
  });

  test('depends on neither order, time nor owner of its files', () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'same');
    const copy: TarEntry = { kind: 'copy', path: 'a/copy', from: file };
    const first = tarOf([copy, text('b', 'b')]);
    utimesSync(file, 1, 1);
    expect(tarOf([text('b', 'b'), copy]).equals(first)).toBe(true);
  });

  test('refuses a path twice, and one that no header holds', () => {
    expect(() => tarOf([text('a', '1'), text('a', '2')])).toThrow('twice');
    expect(() => tarOf([text('x'.repeat(101), '')])).toThrow('longer');
    expect(() => tarOf([{ kind: 'link', path: 'a', target: 'x'.repeat(101) }])).toThrow('longer');
  });
});

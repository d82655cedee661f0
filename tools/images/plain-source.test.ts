import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { plainPath, plainSource } from './plain-source.ts';

const WRITE = fileURLToPath(new URL('./write-plain-sources.ts', import.meta.url));
const SOURCE = `import { type Height, next } from './height.ts';
import { other } from '@civitas/other/file.ts';
const thread = new URL("../thread.ts", import.meta.url);
export const after = async (at: Height): Promise<Height> => next(at, await import('./later.ts'), 'a/word.ts', thread, other);
`;

test('a source without its types has its code at the same lines and columns, and names our modules as they are called then', () => {
  const plain = plainSource('core/after.ts', SOURCE);
  expect(plain).toBe(`import {              next } from './height.js';
import { other } from '@civitas/other/file.ts';
const thread = new URL("../thread.js", import.meta.url);
export const after = async (at        )                  => next(at, await import('./later.js'), 'a/word.ts', thread, other);
`);
  expect(plainPath('core/after.ts')).toBe('core/after.js');
});

test('what types alone cannot be taken out of is refused', () => {
  expect(() => plainSource('a.ts', 'enum Colour { red }')).toThrow('enum');
});

test('a workspace exports the new names; other files are as they were', () => {
  const manifest = { name: 'app', exports: { '.': './src/index.ts', './*.ts': './gen/*.ts' } };
  expect(JSON.parse(plainSource('app/package.json', JSON.stringify(manifest)))).toEqual({
    name: 'app',
    exports: { '.': './src/index.js', './*.ts': './gen/*.js' },
  });
  for (const path of ['app/package.json', 'app/a.proto']) expect(plainSource(path, '{"name":"./a.ts"}')).toBe('{"name":"./a.ts"}');
});

test('the Containerfiles do it where the sources lie, and leave installed packages alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-plain-'));
  try {
    mkdirSync(join(folder, 'node_modules/kept'), { recursive: true });
    for (const path of ['after.ts', 'node_modules/kept/index.ts']) writeFileSync(join(folder, path), SOURCE);
    writeFileSync(join(folder, 'package.json'), '{"exports":"./after.ts"}');
    execFileSync(process.execPath, [WRITE, folder], { stdio: 'ignore' });
    const read = (path: string): string => readFileSync(join(folder, path), 'utf8');
    expect(readdirSync(folder).sort()).toEqual(['after.js', 'node_modules', 'package.json']);
    expect(read('after.js')).toBe(plainSource('after.ts', SOURCE));
    expect(read('node_modules/kept/index.ts')).toBe(SOURCE);
    expect(JSON.parse(read('package.json'))).toEqual({ exports: './after.js' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

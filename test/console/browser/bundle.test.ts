import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from '@jest/globals';
import { buildWeb } from '../../../tools/start/build-web.ts';

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const DIST = join(ROOT, 'console/web/dist');
/** What may be loaded before the first page shows, gzipped. */
const INITIAL_BYTES_MAX = 250_000;
const BUILD_MS = 120_000;

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly isEntry?: boolean;
}

let manifest: Readonly<Record<string, Chunk>> = {};

beforeAll(async () => {
  await buildWeb(ROOT, new AbortController().signal);
  manifest = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8')) as typeof manifest;
}, BUILD_MS);

/** Files that a chunk cannot begin without. */
function filesOf(key: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  const chunk = manifest[key];
  if (chunk === undefined || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const imported of chunk.imports ?? []) filesOf(imported, seen);
  return seen;
}

const gzippedBytes = (files: Iterable<string>): number =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file))).length, 0);

test(`what loads first, with one language, stays below ${INITIAL_BYTES_MAX} bytes gzipped`, () => {
  const language = Object.keys(manifest).find((key) => key.endsWith('i18n/zh-CN/index.ts')) ?? '';
  expect(manifest['index.html']?.isEntry).toBe(true);
  expect(manifest[language]).toBeDefined();
  const files = new Set([...filesOf('index.html'), ...filesOf(language)]);
  expect(gzippedBytes(files)).toBeLessThan(INITIAL_BYTES_MAX);
});

test('the map and the proofs load when they are opened', () => {
  const initial = [...filesOf('index.html')];
  const map = Object.entries(manifest).find(([key]) => key.endsWith('pages/map-view.tsx'))?.[1].file ?? '';
  expect(map).not.toBe('');
  expect(initial).not.toContain(map);
});

test('pages bring no script and no style of their own in the markup', () => {
  for (const name of ['index.html', 'silent-check-sso.html']) {
    const html = readFileSync(join(DIST, name), 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/);
  }
});

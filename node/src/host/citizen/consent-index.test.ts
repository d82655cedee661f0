import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ConsentIndex } from './consent-index.ts';

let folder: string;
let index: ConsentIndex | undefined;

const open = (): ConsentIndex => new ConsentIndex(folder);

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'consents-')), 'index');
});
afterEach(async () => {
  await index?.close();
  index = undefined;
  rmSync(join(folder, '..'), { recursive: true });
});

test.each([4096, 8192])('an index cut short at %i bytes, before its first record, is made anew', async (bytes) => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'data.mdb'), new Uint8Array(bytes));
  index = open();
  await index.put('s1', 'c1', 1);
  await index.close();
  index = open();
  expect(index.list('s1')).toEqual(['c1']);
});

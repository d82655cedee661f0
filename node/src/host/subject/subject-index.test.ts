import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SubjectIndex } from './subject-index.ts';

let folder: string;
let index: SubjectIndex | undefined;

const open = (): SubjectIndex => new SubjectIndex(folder, new Uint8Array(32).fill(2));

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'subjects-')), 'index');
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
  const person = await index.assignPerson('urn:id', 'CANARY-1');
  await index.close();
  index = open();
  expect(index.findPerson('urn:id', 'CANARY-1')).toBe(person);
});

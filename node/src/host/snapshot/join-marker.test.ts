import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { beginJoin, dropBrokenJoin, endJoin } from './join-marker.ts';

const folders: string[] = [];

function aVolume(): string {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-join-'));
  folders.push(folder);
  for (const name of ['ledger', 'ledger.restoring', 'keys', 'engine/data/state.db']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'engine/data/priv_validator_state.json'), '{}');
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('a join by snapshot', () => {
  test('that was broken off leaves nothing but keys and what the validator signed', () => {
    const folder = aVolume();
    beginJoin(folder);

    expect(dropBrokenJoin(folder)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['engine', 'keys']);
    expect(readdirSync(join(folder, 'engine/data'))).toEqual(['priv_validator_state.json']);
    expect(dropBrokenJoin(folder)).toBe(false);
  });

  test('that came to its end leaves everything', () => {
    const folder = aVolume();
    beginJoin(folder);
    endJoin(folder);

    expect(dropBrokenJoin(folder)).toBe(false);
    expect(existsSync(join(folder, 'ledger'))).toBe(true);
    expect(existsSync(join(folder, 'engine/data/state.db'))).toBe(true);
  });
});

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseNodeConfig } from '../config/parse-config.ts';
import { beginJoin, dropBrokenJoin } from '../snapshot/join-marker.ts';
import { beginRebuild } from './rebuild.ts';
import { volumeOf } from './volume-of.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-rebuild-'));
  for (const name of ['ledger', 'keys', 'engine/data/blockstore.db']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'engine/data/priv_validator_state.json'), '{}');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a node that is told to rebuild its ledger', () => {
  test('drops it once a word, and keeps keys and what it has signed', () => {
    expect(beginRebuild(folder, { rebuild: 'first' })).toBe(true);
    expect(dropBrokenJoin(folder)).toBe(true);
    expect(['ledger', 'keys', 'engine/data/priv_validator_state.json'].map((name) => existsSync(join(folder, name)))).toEqual([
      false,
      true,
      true,
    ]);
    for (const name of ['ledger', 'rebuild-from']) mkdirSync(join(folder, name));
    expect(beginRebuild(folder, { rebuild: 'first' })).toBe(false);
    expect(dropBrokenJoin(folder)).toBe(false);
    expect(beginRebuild(folder, { rebuild: 'second' })).toBe(true);
    expect(existsSync(join(folder, 'rebuild-from'))).toBe(false);
  });

  test('that ends between the mark and the record of it marks the ledger again', () => {
    beginJoin(folder);
    expect(beginRebuild(folder, { rebuild: 'first' })).toBe(true);
    expect(dropBrokenJoin(folder)).toBe(true);
  });

  test('is not told by a configuration that says nothing of it', () => {
    expect(beginRebuild(folder, {})).toBe(false);
    expect(dropBrokenJoin(folder)).toBe(false);
  });
});

test('a rebuild of a chain without peers is no configuration', () => {
  const config = {
    ...{ schemaVersion: 1, role: 'serve', network: 'city', chainId: 'jincheng-city-1', city: 'jincheng', domain: 'city', node: 'city-0' },
    ...{ organisation: 'civil-affairs', gateways: [{ organisation: 'civil-affairs', approvalPolicy: 'auto' }] },
    ...{ emptyBlockIntervalMs: 1000, bundleWaitMs: 10, logLevel: 'info', rebuild: 'first' },
  };
  const parse = (facts: object) => parseNodeConfig(JSON.stringify({ ...config, ...facts }));
  expect(parse({ engine: 'embedded' })).toMatchObject({ ok: false, refusal: { code: 'CONFIG_INVALID', facts: { field: '/rebuild' } } });
  expect(parse({ engine: 'cometbft' })).toMatchObject({ ok: false });
  expect(parse({ engine: 'cometbft', stateSync: true })).toMatchObject({ ok: true });
});

test('a volume says its size and what is left', () => {
  const { volumeBytes, volumeFreeBytes } = volumeOf(folder);
  expect(volumeBytes > volumeFreeBytes && volumeFreeBytes >= 0n).toBe(true);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openAddressPool } from './address-pool.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pool-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const open = (cidr = '127.40.6.0/30') => openAddressPool(cidr, join(folder, 'addresses.json'));

test('a pod keeps its address over a restart', () => {
  expect(open().addressOf('n/a', new Set())).toBe('127.40.6.1');
  expect(open().addressOf('n/b', new Set(['n/a']))).toBe('127.40.6.2');
  expect(open().addressOf('n/a', new Set())).toBe('127.40.6.1');
});

test('a full range takes over the address of a pod that is gone, and says so when there is none', () => {
  const pool = open();
  pool.addressOf('n/a', new Set());
  pool.addressOf('n/b', new Set());
  expect(() => pool.addressOf('n/c', new Set(['n/a', 'n/b']))).toThrow('all 2 addresses of 127.40.6.0/30 belong to existing pods');
  expect(pool.addressOf('n/c', new Set(['n/b']))).toBe('127.40.6.1');
});

test('addresses of another range are given up', () => {
  open('127.9.9.0/24').addressOf('n/a', new Set());
  expect(open().addressOf('n/a', new Set())).toBe('127.40.6.1');
});

test.each(['127.0.0.1', '127.0.0.0/31', 'fd00::/64', '127.0.0.0/4'])('%s is no range for pods', (cidr) => {
  expect(() => open(cidr)).toThrow(RangeError);
});

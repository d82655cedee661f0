import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { DiskGuard, freeBytesOf } from './disk-guard.ts';

let free: number;
let guard: DiskGuard;

beforeEach(() => {
  jest.useFakeTimers();
  free = 100;
  guard = new DiskGuard({ free: () => free, freeBytesMin: 100 });
});

afterEach(() => {
  guard.close();
  jest.useRealTimers();
});

test('a volume with less space than the engine needs is a fault with both numbers', () => {
  expect(() => guard.assertSpace()).not.toThrow();
  free = 99;
  expect(() => guard.assertSpace()).toThrow(
    expect.objectContaining({ code: 'DISK_FULL', message: '99 bytes are left on the volume, 100 are needed' }),
  );
});

test('a shortage is told once, when it begins', () => {
  const told: unknown[] = [];
  guard.watch({ everyMs: 1_000, onShortage: (error) => told.push(error) });
  jest.advanceTimersByTime(5_000);
  expect(told).toEqual([]);
  free = 0;
  jest.advanceTimersByTime(5_000);
  expect(told).toEqual([expect.objectContaining({ code: 'DISK_FULL' })]);
});

test('the space of a real volume is read', () => {
  expect(freeBytesOf(process.cwd())).toBeGreaterThan(0);
});

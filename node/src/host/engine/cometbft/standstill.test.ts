import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LOOK_MS_MAX, STANDSTILL_MS_MAX, STANDSTILL_MS_MIN, STANDSTILL_TOLD_MS } from './limits.ts';
import { type EngineSight, peersBelieved, Standstill, standstillMsOf } from './standstill.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'civitas-standstill-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const PLACE = { height: 5, round: 0, step: 6, isCatchingUp: false, validatorCount: 4 };
const ALONE: EngineSight = { ...PLACE, ownMove: undefined, peerHeights: [7, 7, 5] };
/** All wait at its height, and it has not done what it does alone. */
const IDLE: EngineSight = { ...PLACE, ownMove: { undone: 'its own vote is missing', afterMs: 0 }, peerHeights: [5, 5, 5] };

/** Looks once a second for so long. @returns the first finding and when. */
function looks(standstill: Standstill, seconds: number, seen: (second: number) => EngineSight | undefined, isBusy = false) {
  for (let second = 0; second <= seconds; second++) {
    const why = standstill.observe({ atMs: second * 1_000, isBusy, seen: seen(second) });
    if (why !== undefined) return { why, atMs: second * 1_000 };
  }
  return undefined;
}

test('an engine that stays at a height which its peers have left has failed', () => {
  expect(looks(new Standstill(home), 600, () => ALONE)).toEqual({
    why: 'it stands at height 5, which its peers have left behind',
    atMs: STANDSTILL_MS_MIN,
  });
});

test('an engine that leaves undone what it does alone has failed, though all others wait at its height', () => {
  const why = 'it stands at height 5, round 0: its own vote is missing';
  expect(looks(new Standstill(home), 600, () => IDLE)).toEqual({ why, atMs: STANDSTILL_MS_MIN });
  const timed: EngineSight = { ...IDLE, ownMove: { undone: 'its own vote is missing', afterMs: 60_000 } };
  expect(looks(new Standstill(home), 600, () => timed)).toEqual({ why, atMs: STANDSTILL_MS_MIN + 60_000 });
});

test('a standstill is told before it is acted on', () => {
  const seconds = STANDSTILL_TOLD_MS / 1_000;
  for (const seen of [undefined, ALONE, IDLE]) {
    const standstill = new Standstill(home);
    expect([looks(standstill, seconds - 1, () => seen), standstill.suspicion]).toEqual([undefined, undefined]);
    expect(standstill.observe({ atMs: STANDSTILL_TOLD_MS + 1_000, isBusy: false, seen })).toBeUndefined();
    expect(standstill.suspicion).toMatch(/^it (has not answered|stands at height 5)/);
  }
  expect(STANDSTILL_TOLD_MS).toBeLessThan(STANDSTILL_MS_MIN);
});

test('an engine that is silent has failed, unless it waits for this process', () => {
  expect(looks(new Standstill(home), 600, () => undefined)).toEqual({ why: 'it has not answered for 30000 ms', atMs: STANDSTILL_MS_MIN });
  expect(looks(new Standstill(home), 600, () => undefined, true)).toBeUndefined();
  expect(looks(new Standstill(home), 600, () => ALONE, true)).toBeUndefined();
  expect(looks(new Standstill(home), 600, () => IDLE, true)).toBeUndefined();
});

test.each<[string, (second: number) => EngineSight]>([
  ['the network as a whole is halted', () => ({ ...ALONE, peerHeights: [5, 5, 5] })],
  ['it is cut off', () => ({ ...ALONE, peerHeights: [] })],
  ['one faulty peer boasts', () => ({ ...ALONE, peerHeights: [1_000_000, 5, 5] })],
  ['it catches up by blocks or a snapshot', () => ({ ...ALONE, isCatchingUp: true })],
  ['it goes from round to round', (second) => ({ ...IDLE, round: second % 20 })],
  ['it goes from step to step', (second) => ({ ...IDLE, step: second % 20 === 0 ? 4 : 6 })],
  ['it catches up and has no vote to cast', () => ({ ...IDLE, isCatchingUp: true })],
  ['it follows behind the others', (second) => ({ ...ALONE, height: second, peerHeights: [second + 90, second + 90, second + 90] })],
])('an engine has not failed while %s', (_, seen) => {
  expect(looks(new Standstill(home), 600, seen)).toBeUndefined();
});

test('time in which this process itself stood still proves nothing', () => {
  const standstill = new Standstill(home);
  for (const atMs of [0, 3_600_000]) expect(standstill.observe({ atMs, isBusy: false, seen: undefined })).toBeUndefined();
  expect(LOOK_MS_MAX).toBeLessThan(STANDSTILL_MS_MIN);
});

test('each time without a block between is waited for twice as long, up to a bound, and a block ends that', () => {
  for (const waitedMs of [30_000, 60_000, 120_000, 240_000, 480_000, STANDSTILL_MS_MAX]) {
    const standstill = new Standstill(home);
    expect(looks(standstill, 600, () => ALONE)?.atMs).toBe(waitedMs);
    standstill.ended();
  }
  const standstill = new Standstill(home);
  standstill.committed();
  expect(existsSync(join(home, 'failures'))).toBe(false);
  expect(looks(standstill, 600, () => ALONE)?.atMs).toBe(STANDSTILL_MS_MIN);
  writeFileSync(join(home, 'failures'), 'many');
  expect(looks(new Standstill(home), 600, () => ALONE)?.atMs).toBe(STANDSTILL_MS_MIN);
  expect(standstillMsOf(Number.MAX_SAFE_INTEGER)).toBe(STANDSTILL_MS_MAX);
});

test('as many peers are believed as hold one that is not faulty', () => {
  expect([0, 1, 3, 4, 7, 10].map(peersBelieved)).toEqual([1, 1, 1, 2, 3, 4]);
});

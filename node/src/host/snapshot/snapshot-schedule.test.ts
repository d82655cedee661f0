import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { isSnapshotDue, type SnapshotSchedule } from './snapshot-schedule.ts';

const MINUTE_MS = 60_000;
const GENESIS_HASH = new Uint8Array(32);
const HOURLY: SnapshotSchedule = { intervalBlocks: 100, periodMs: 60 * MINUTE_MS };

/** Heights at which a chain takes a snapshot, up to one. */
function heightsDue(schedule: SnapshotSchedule, last: number, timeOf: (height: number) => number, genesisHash = GENESIS_HASH): number[] {
  const heights = Array.from({ length: last }, (_, at) => at + 1);
  return heights.filter((height) => isSnapshotDue(schedule, genesisHash, { height, timeUnixMs: timeOf(height) }, timeOf));
}

describe('a snapshot', () => {
  test('is due at a ledger’s first interval and at the first whole one of each period, however many blocks there are in it', () => {
    const busy = (height: number): number => height * MINUTE_MS;
    expect(heightsDue({ intervalBlocks: 10, periodMs: 60 * MINUTE_MS }, 200, busy)).toEqual([10, 60, 120, 180]);
    expect(heightsDue({ intervalBlocks: 7, periodMs: 60 * MINUTE_MS }, 200, busy)).toEqual([7, 63, 126, 182]);
  });

  test('is due at each interval of a chain whose intervals are longer than a period', () => {
    expect(heightsDue(HOURLY, 400, (height) => height * MINUTE_MS)).toEqual([100, 200, 300, 400]);
  });

  test('is due at each interval where there is no period, and at none where there is no interval', () => {
    const quick = (height: number): number => height;
    expect(heightsDue({ intervalBlocks: 100, periodMs: 0 }, 300, quick)).toEqual([100, 200, 300]);
    expect(heightsDue({ intervalBlocks: 0, periodMs: MINUTE_MS }, 300, quick)).toEqual([]);
  });

  test('is due where the store does not say when the interval before it was', () => {
    expect(isSnapshotDue(HOURLY, GENESIS_HASH, { height: 200, timeUnixMs: 1 }, () => undefined)).toBe(true);
  });

  test('of two ledgers is due at different times', () => {
    const schedule = { intervalBlocks: 1, periodMs: 60 * MINUTE_MS };
    const busy = (height: number): number => height * MINUTE_MS;
    const other = Uint8Array.from({ length: 32 }, (_, at) => (at === 1 ? 0x12 : 0));
    const [[, ...one], [, ...another]] = [heightsDue(schedule, 240, busy), heightsDue(schedule, 240, busy, other)];
    expect(one.filter((height) => another.includes(height))).toEqual([]);
    expect(another.length).toBe(4);
  });

  test('is never due twice in a period, the first apart', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 20 * MINUTE_MS }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), (taken, intervalBlocks) => {
        const times = taken.reduce<number[]>((all, step) => [...all, (all.at(-1) ?? 0) + step], [0]);
        const schedule = { intervalBlocks, periodMs: 60 * MINUTE_MS };
        const [, ...later] = heightsDue(schedule, taken.length, (height) => times[height] ?? 0);
        const periods = later.map((height) => Math.floor((times[height] ?? 0) / schedule.periodMs));
        expect(new Set(periods).size).toBe(periods.length);
      }),
    );
  });
});

import { expect, test } from '@jest/globals';
import { AHEAD_COUNT_MAX } from './limits.ts';
import { type AheadTable, SaveAhead } from './save-ahead.ts';

/** A table that has so much to save, and saves it. */
class Table implements AheadTable {
  aheadCount: number;
  readonly #atOnceMax: number;
  #staged = 0;

  constructor(aheadCount: number, atOnceMax = Number.POSITIVE_INFINITY) {
    this.aheadCount = aheadCount;
    this.#atOnceMax = atOnceMax;
  }

  putAhead(countMax: number): number {
    this.#staged = Math.max(0, Math.min(countMax, this.aheadCount, this.#atOnceMax));
    return this.#staged;
  }

  settleAhead(): void {
    this.aheadCount -= this.#staged;
    this.#staged = 0;
  }
}

/** A disk whose transactions end when the test says so. */
function aDisk(): { readonly transaction: (work: () => void) => Promise<void>; readonly open: { end: () => void; fail: () => void }[] } {
  const open: { end: () => void; fail: () => void }[] = [];
  const transaction = (work: () => void): Promise<void> => {
    work();
    return new Promise((resolve, reject) => open.push({ end: () => resolve(), fail: () => reject(new Error('no space')) }));
  };
  return { transaction, open };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('saves in transactions of a bounded size, one after the other, until so little is left that a block may save it', async () => {
  const [keys, pages] = [new Table(1.5 * AHEAD_COUNT_MAX), new Table(AHEAD_COUNT_MAX)];
  const { transaction, open } = aDisk();
  const ahead = new SaveAhead([keys, pages], transaction, AHEAD_COUNT_MAX);
  ahead.begin();
  expect(open).toHaveLength(1);
  // Nothing is saved before its transaction is durable.
  expect([keys.aheadCount, pages.aheadCount]).toEqual([1.5 * AHEAD_COUNT_MAX, AHEAD_COUNT_MAX]);
  open[0]?.end();
  await turn();
  expect([keys.aheadCount, pages.aheadCount, open.length]).toEqual([0.5 * AHEAD_COUNT_MAX, AHEAD_COUNT_MAX, 2]);
  open[1]?.end();
  await turn();
  expect([keys.aheadCount, pages.aheadCount, open.length]).toEqual([0, 0.5 * AHEAD_COUNT_MAX, 2]);
  await ahead.end();
});

test('whoever ends it waits for the transaction that is under way, and no other begins', async () => {
  const table = new Table(3, 1);
  const { transaction, open } = aDisk();
  const ahead = new SaveAhead([table], transaction, 1);
  ahead.begin();
  let hasEnded = false;
  const ended = ahead.end().then(() => (hasEnded = true));
  await turn();
  expect(hasEnded).toBe(false);
  open[0]?.end();
  await ended;
  expect([table.aheadCount, open.length]).toEqual([2, 1]);
});

test('a transaction that fails is told to whoever ends it, and nothing of it counts as saved', async () => {
  const table = new Table(3);
  const { transaction, open } = aDisk();
  const ahead = new SaveAhead([table], transaction, 1);
  ahead.begin();
  open[0]?.fail();
  await turn();
  await expect(ahead.end()).rejects.toThrow('no space');
  expect([table.aheadCount, open.length]).toEqual([3, 1]);
});

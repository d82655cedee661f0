import { expect, test } from '@jest/globals';
import { nextTurn } from '../event-loop/next-turn.ts';
import { AHEAD_COUNT_MAX } from './limits.ts';
import { type AheadTable, type AheadWork, SaveAhead } from './save-ahead.ts';

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

interface Disk extends AheadWork {
  readonly open: { readonly end: () => void; readonly fail: () => void }[];
}

/** A disk whose transactions end when the test says so. */
function aDisk(prepareInSteps: AheadWork['prepareInSteps'] = () => []): Disk {
  const open: Disk['open'] = [];
  const transaction = (work: () => void): Promise<void> => {
    work();
    return new Promise((resolve, reject) => open.push({ end: () => resolve(), fail: () => reject(new Error('no space')) }));
  };
  return { prepareInSteps, transaction, open };
}

test('saves in transactions of a bounded size, one after the other, until so little is left that a block may save it', async () => {
  const [keys, pages] = [new Table(1.5 * AHEAD_COUNT_MAX), new Table(AHEAD_COUNT_MAX)];
  const disk = aDisk();
  const { open } = disk;
  const ahead = new SaveAhead([keys, pages], disk, AHEAD_COUNT_MAX);
  ahead.begin();
  await nextTurn();
  expect(open).toHaveLength(1);
  // Nothing is saved before its transaction is durable.
  expect([keys.aheadCount, pages.aheadCount]).toEqual([1.5 * AHEAD_COUNT_MAX, AHEAD_COUNT_MAX]);
  open[0]?.end();
  await nextTurn();
  expect([keys.aheadCount, pages.aheadCount, open.length]).toEqual([0.5 * AHEAD_COUNT_MAX, AHEAD_COUNT_MAX, 2]);
  open[1]?.end();
  await nextTurn();
  expect([keys.aheadCount, pages.aheadCount, open.length]).toEqual([0, 0.5 * AHEAD_COUNT_MAX, 2]);
  await ahead.end();
});

test('whoever ends it waits for the transaction that is under way, and no other begins', async () => {
  const table = new Table(3, 1);
  const disk = aDisk();
  const { open } = disk;
  const ahead = new SaveAhead([table], disk, 1);
  ahead.begin();
  await nextTurn();
  let hasEnded = false;
  const ended = ahead.end().then(() => (hasEnded = true));
  await nextTurn();
  expect(hasEnded).toBe(false);
  open[0]?.end();
  await ended;
  expect([table.aheadCount, open.length]).toEqual([2, 1]);
});

test('a transaction that fails is told to whoever ends it, and nothing of it counts as saved', async () => {
  const table = new Table(3);
  const disk = aDisk();
  const { open } = disk;
  const ahead = new SaveAhead([table], disk, 1);
  ahead.begin();
  await nextTurn();
  open[0]?.fail();
  await nextTurn();
  await expect(ahead.end()).rejects.toThrow('no space');
  expect([table.aheadCount, open.length]).toEqual([3, 1]);
});

test('what needs no transaction is done before it, and whoever ends it waits for one step of that alone', async () => {
  const table = new Table(3);
  const done: string[] = [];
  let ahead: SaveAhead | undefined;
  let ended: Promise<void> | undefined;
  const disk = aDisk(function* () {
    done.push('first');
    yield;
    ended = ahead?.end();
    done.push('second');
    yield;
    done.push('third');
  });
  ahead = new SaveAhead([table], disk, 1);
  ahead.begin();
  await nextTurn();
  await ended;
  expect([done, disk.open.length, table.aheadCount]).toEqual([['first', 'second'], 0, 3]);
});

test('without anybody who ends it, all of that is done and then saved', async () => {
  const table = new Table(3);
  let done = 0;
  const disk = aDisk(function* () {
    for (done = 1; done < 4; done++) yield;
  });
  const ahead = new SaveAhead([table], disk, 1);
  ahead.begin();
  await nextTurn();
  expect([done, disk.open.length]).toEqual([4, 1]);
  disk.open[0]?.end();
  await ahead.end();
  expect(table.aheadCount).toBe(0);
});

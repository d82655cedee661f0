import { expect, jest, test } from '@jest/globals';
import type { CommittedBlock, LinksTouched } from './ledger-host.ts';
import { WANTED_MS } from './limits.ts';
import { LinkActivity, linksTouched } from './link-activity.ts';
import { WantedHeaders } from './wanted-headers.ts';

const NOTHING: LinksTouched = { sent: [], answered: [] };

/** An activity with the commits that a test makes. */
function anActivity(): { activity: LinkActivity; commit: (links?: LinksTouched) => void } {
  let tell: (block: CommittedBlock) => void = () => undefined;
  const activity = new LinkActivity({
    onCommit: (listener) => {
      tell = listener;
      return () => undefined;
    },
  });
  const seconds = { execute: 0, persist: 0, total: 0 };
  const counts = { operationCount: 0, successCount: 0, blockBytes: 0 };
  let height = 0;
  const commit = (links: LinksTouched = NOTHING): void => {
    height += 1;
    tell({ height, timeUnixMs: height, root: new Uint8Array(32), receipts: [], ...counts, links, seconds });
  };
  return { activity, commit };
}

test('of what a block writes, packets and answers concern a relay; what it deletes and the rest does not', () => {
  const stored = { record: {}, bytes: new Uint8Array(0) };
  const writes = new Map([
    ['links/city-1/out/000000000001', stored],
    ['links/city-1/counter', stored],
    ['links/courts-1/ack/000000000004', stored],
    ['links/health-1/out/000000000002', undefined],
    ['health.index/out/ack', stored],
  ]);

  expect(linksTouched(writes)).toEqual({ sent: ['city-1'], answered: ['courts-1'] });
});

test('a packet is news once the next header proves it, and unrelated blocks are none', () => {
  const { activity, commit } = anActivity();
  commit({ sent: ['city-1'], answered: [] });
  expect(activity.since(0)).toEqual({ activity: 0, outgoing: [], incoming: [] });
  commit();
  expect(activity.since(0)).toEqual({ activity: 1, outgoing: ['city-1'], incoming: [] });
  commit();
  commit({ sent: [], answered: ['courts-1'] });
  commit();
  expect(activity.since(1)).toEqual({ activity: 2, outgoing: [], incoming: ['courts-1'] });
  expect(activity.since(2)).toEqual({ activity: 2, outgoing: [], incoming: [] });
});

test('who has seen more than happened, as after a restart, hears of everything', () => {
  const { activity } = anActivity();
  activity.want('city-1');

  expect(activity.since(57)).toEqual({ activity: 1, outgoing: [], incoming: ['city-1'] });
});

test('a wait ends with the first news, with its time, or with the ledger', async () => {
  jest.useFakeTimers();
  const { activity, commit } = anActivity();
  const ended: string[] = [];
  const first = activity.next(1000).then(() => ended.push('news'));
  commit({ sent: ['city-1'], answered: [] });
  commit();
  await first;
  const second = activity.next(1000).then(() => ended.push('time'));
  jest.advanceTimersByTime(1000);
  await second;
  const third = activity.next(1000).then(() => ended.push('closed'));
  activity.close();
  await third;
  jest.useRealTimers();

  expect(ended).toEqual(['news', 'time', 'closed']);
});

test('of the heights that are wanted the lowest one open is shown, one each organisation, for a minute', () => {
  let nowMs = 0;
  const wanted = new WantedHeaders(() => nowMs);
  wanted.want('city-1', 2 ** 50, 'greedy');
  wanted.want('city-1', 7, 'bank-1');
  wanted.want('city-1', 9, 'bank-1');

  expect(wanted.heightOf('city-1', 3)).toBe(9);
  expect(wanted.heightOf('courts-1', 3)).toBe(0);
  expect(wanted.heightOf('city-1', 9)).toBe(2 ** 50);
  nowMs = WANTED_MS;
  expect(wanted.heightOf('city-1', 9)).toBe(0);
});

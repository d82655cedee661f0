import { expect, test } from '@jest/globals';
import { FakeLink, FINAL, NOW_UNIX_MS, THIRD } from './direction.fixture.ts';
import { CLIENT_LAG_MS_MAX, DEFERRED_ASKED_MAX, OLDEST_PAGES_MAX, PAGE_PACKETS, ROUND_PAGES_MAX } from './limits.ts';

const OLDEST = OLDEST_PAGES_MAX * PAGE_PACKETS;
const ROUND = ROUND_PAGES_MAX * PAGE_PACKETS;

/** A link with so many packets whose answers people still owe. */
function aLinkWithDeferred(count: number): FakeLink {
  const link = new FakeLink();
  for (let sequence = 1; sequence <= count; sequence++) link.defer(sequence);
  return link;
}

async function passes(link: FakeLink, count: number): Promise<void> {
  for (let pass = 0; pass < count; pass++) {
    await link.direction.pass();
    link.height += 1;
  }
}

test('a packet is received, acknowledged and forgotten', async () => {
  const link = new FakeLink();
  link.send(1);
  await passes(link, 3);
  expect(link.given.map(({ method, sequences }) => [method, sequences])).toEqual([
    ['receive', [1]],
    ['acknowledge', [1]],
  ]);
});

test('packets beyond thousands that wait for a deferred answer are received, and timed out', async () => {
  const link = aLinkWithDeferred(OLDEST);
  link.send(OLDEST + 1);
  link.send(OLDEST + 2, { timeoutUnixMs: NOW_UNIX_MS - 1 });
  await passes(link, 3);
  expect(link.sequencesOf('receive')).toEqual([OLDEST + 1]);
  expect(link.sequencesOf('acknowledge')).toEqual([OLDEST + 1]);
  expect(link.sequencesOf('timeout')).toEqual([OLDEST + 2]);
  expect(link.sent.size).toBe(OLDEST);
});

test('what is open beyond the oldest is read in turn, again and again, and all of it is pending', async () => {
  const link = aLinkWithDeferred(OLDEST + 2 * ROUND);
  link.send(OLDEST + 2 * ROUND + 1);
  await passes(link, 2);
  expect(link.sequencesOf('receive')).toEqual([]);
  await passes(link, 1);
  expect(link.sequencesOf('receive')).toEqual([OLDEST + 2 * ROUND + 1]);
  expect(await link.pending('deferred')).toBe(OLDEST + 2 * ROUND);
  expect(await link.pending('receive')).toBe(1);

  // The round begins anew: what was sent meanwhile is reached, and what was settled is pending no more.
  link.sent.delete(OLDEST + 1);
  link.send(OLDEST + 2 * ROUND + 2);
  await passes(link, 6);
  expect(link.sequencesOf('acknowledge')).toEqual([OLDEST + 2 * ROUND + 1, OLDEST + 2 * ROUND + 2]);
  expect(await link.pending('deferred')).toBe(OLDEST + 2 * ROUND - 1);
});

test('of thousands of deferred answers some are asked for in each pass, each once a header, and a final one is found', async () => {
  const link = aLinkWithDeferred(3 * DEFERRED_ASKED_MAX);
  await passes(link, 1);
  link.answers.set(DEFERRED_ASKED_MAX * 3, FINAL);
  link.asked.length = 0;
  await link.direction.pass();
  await link.direction.pass();
  await link.direction.pass();
  expect(link.asked.flatMap(({ sequences }) => sequences)).toHaveLength(3 * DEFERRED_ASKED_MAX);
  expect(link.sequencesOf('acknowledge')).toEqual([3 * DEFERRED_ASKED_MAX]);
  await link.direction.pass();
  expect(link.asked.flatMap(({ sequences }) => sequences)).toHaveLength(3 * DEFERRED_ASKED_MAX);
});

test('a packet whose header the ledger holds from before and calls too old is received without it', async () => {
  const link = new FakeLink();
  link.send(1, { requires: [{ peer: THIRD, headerHeight: 5 }] });
  link.refusalOf = (_, args) => {
    const updates = args['updates'] as readonly { readonly peer: string }[];
    return updates.some(({ peer }) => peer === THIRD) ? { code: 'HEADER_TOO_OLD', facts: { height: 5, latestHeight: 90 } } : undefined;
  };
  await passes(link, 4);
  expect(link.given.map(({ method }) => method)).toEqual(['receive', 'receive', 'acknowledge']);
});

test('a ledger that refuses every packet has its client brought further all the same', async () => {
  const link = new FakeLink();
  link.send(1);
  link.incoming = { clientHeight: 900n, clientTimeUnixMs: BigInt(NOW_UNIX_MS - CLIENT_LAG_MS_MAX) };
  link.refusalOf = (method) => (method === 'receive' ? { code: 'QUOTA' } : undefined);
  await expect(link.direction.pass()).rejects.toMatchObject({ code: 'QUOTA' });
  expect(link.given.map(({ method }) => method)).toEqual(['receive', 'update']);
});

test('a ledger that settles nothing does not keep the client of the other from being brought further', async () => {
  const link = new FakeLink();
  link.send(1, { timeoutUnixMs: NOW_UNIX_MS - 1 });
  link.incoming = { clientHeight: 900n, clientTimeUnixMs: BigInt(NOW_UNIX_MS - CLIENT_LAG_MS_MAX) };
  link.refusalOf = (method) => (method === 'timeout' ? { code: 'CLIENT_FROZEN' } : undefined);
  await expect(link.direction.pass()).rejects.toMatchObject({ code: 'CLIENT_FROZEN' });
  expect(link.given.map(({ method }) => method)).toEqual(['timeout', 'update']);
});

test('packets to a network that has ended are settled under the last header that the source knows, and none is brought', async () => {
  const link = new FakeLink();
  link.send(1);
  link.send(2);
  link.answers.set(1, FINAL);
  link.outgoing = { status: 'Tombstoned', clientHeight: 990n };
  await link.direction.pass();
  expect(link.given.map(({ method, sequences, args }) => [method, sequences, args['headerHeight'], 'updates' in args])).toEqual([
    ['acknowledge', [1], 990, false],
    ['timeout', [2], 990, false],
  ]);
  expect(new Set(link.asked.map(({ headerHeight }) => headerHeight))).toEqual(new Set([990]));
});

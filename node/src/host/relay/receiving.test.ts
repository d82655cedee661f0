import { openLogger } from '@civitas/telemetry';
import { beforeEach, expect, test } from '@jest/globals';
import type { Batch } from './batch.ts';
import { BACKOFF_MS_MAX, BACKOFF_MS_MIN, HEADER_TRIES_MAX, HOLD_MS_MAX } from './limits.ts';
import { GatewayError, LedgerRefusalError, type NetworkHeader } from './network-client.ts';
import { Receiving } from './receiving.ts';

const HOUSING = 'jincheng-housing-1';
const CITY = 'jincheng-city-1';
const COURTS = 'jincheng-courts-1';
const header = (height: number): NetworkHeader => ({ height, timeUnixMs: height, lightBlock: new Uint8Array(9) });
const plain = (sequence: number) => ({ sequence, packet: {} });
/** A packet whose references are proven under a header of the city. */
const asking = (sequence: number, headerHeight: number) => ({ sequence, packet: { requires: [{ peer: CITY, headerHeight }] } });

let nowUnixMs: number;
/** Sequences of each operation that the ledger was given. */
let given: number[][];
/** What the ledger says to a batch; nothing is that it looks at all of it. */
let refusal: (batch: Batch) => Error | undefined;
let headerAt: (height: number) => NetworkHeader | Error;
let logged: string[];
let receiving: Receiving;

beforeEach(() => {
  nowUnixMs = 0;
  given = [];
  logged = [];
  refusal = () => undefined;
  headerAt = header;
  receiving = new Receiving({
    source: {
      chainId: 'jincheng-health-1',
      prove: async (_space, { sequences }) => sequences.map(() => ({ found: true, value: {}, proof: {} })),
    },
    destination: { chainId: HOUSING },
    findNetwork: (chainId) => (chainId === CITY || chainId === COURTS ? { headerAt: async (height) => headerOf(height) } : undefined),
    labels: { source: 'jincheng-health-1', destination: HOUSING },
    deliver: async (batch) => {
      given.push(batch.items.map(({ sequence }) => sequence));
      const error = refusal(batch);
      if (error !== undefined) throw error;
      return batch.items.map(() => ({ status: 'received' }));
    },
    log: openLogger({}, 'info', (line) => void logged.push(line)),
    nowUnixMs: () => nowUnixMs,
  });
});

function headerOf(height: number): NetworkHeader {
  const found = headerAt(height);
  if (found instanceof Error) throw found;
  return found;
}

test('packets go together, with the headers that they ask for', async () => {
  expect(await receiving.receive([plain(1), asking(2, 5), plain(3)], header(9))).toBe(true);
  expect(given).toEqual([[1, 2, 3]]);
  expect(receiving.restMs()).toBe(BACKOFF_MS_MAX);
});

test('a packet that asks for a header which does not exist waits, ever longer, and holds up nobody', async () => {
  headerAt = () => new GatewayError('city', 'NOT_FOUND', false);
  const sent = [plain(1), asking(2, Number.MAX_SAFE_INTEGER), plain(3)];
  expect(await receiving.receive(sent, header(9))).toBe(true);
  expect(given).toEqual([[1, 3]]);
  expect(receiving.restMs()).toBe(BACKOFF_MS_MIN);
  expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([{ event: 'packet-refused', sequence: 2, code: 'NOT_FOUND' }]);

  expect(await receiving.receive([asking(2, 5)], header(10))).toBe(false);
  for (let tries = 1; tries < HEADER_TRIES_MAX; tries++) {
    nowUnixMs += receiving.restMs();
    await receiving.receive([asking(2, 5)], header(10));
  }
  expect(given).toEqual([[1, 3]]);

  // The ledger may know the header from before, though its network has it no more.
  refusal = () => new LedgerRefusalError('housing', 'HEADER_UNKNOWN');
  nowUnixMs += receiving.restMs();
  expect(await receiving.receive([asking(2, 5)], header(11))).toBe(false);
  expect(given).toEqual([[1, 3], [2]]);
  nowUnixMs += HOLD_MS_MAX;
  refusal = () => undefined;
  expect(await receiving.receive([asking(2, 5)], header(12))).toBe(true);
});

test('a packet is not shown without its header while the network that has it does not answer', async () => {
  headerAt = () => new GatewayError('city', 'UNAVAILABLE', true);
  for (let tries = 0; tries < 2 * HEADER_TRIES_MAX; tries++) {
    await receiving.receive([asking(2, 5)], header(9));
    nowUnixMs += HOLD_MS_MAX;
  }
  expect(given).toEqual([]);
  headerAt = header;
  await receiving.receive([asking(2, 5)], header(9));
  expect(given).toEqual([[2]]);
});

test('of a batch that is refused for a header of a third network, the sound packets go first and each of the others by itself', async () => {
  refusal = ({ items }) => (items.some(({ sequence }) => sequence === 2) ? new LedgerRefusalError('housing', 'HEADER_TOO_OLD') : undefined);
  expect(await receiving.receive([plain(1), asking(2, 5), plain(3), asking(4, 6)], header(9))).toBe(true);
  expect(given).toEqual([[1, 2, 3, 4], [1, 3], [2], [4]]);
  expect(await receiving.receive([asking(2, 5), plain(5)], header(10))).toBe(true);
  expect(given.at(-1)).toEqual([5]);

  receiving.forget(() => true);
  expect(receiving.restMs()).toBe(BACKOFF_MS_MAX);
});

test('a packet goes without a header that the ledger holds from before and calls too old', async () => {
  const requires = [
    { peer: CITY, headerHeight: 5 },
    { peer: COURTS, headerHeight: 8 },
  ];
  const sent = [{ sequence: 2, packet: { requires } }];
  const brought: number[][] = [];
  refusal = ({ items }) => {
    const heights = items.flatMap(({ needs }) => needs.map(({ header: { height } }) => height));
    brought.push(heights);
    return heights.includes(5) ? new LedgerRefusalError('housing', 'HEADER_TOO_OLD', { height: 5, latestHeight: 90 }) : undefined;
  };
  expect(await receiving.receive(sent, header(9))).toBe(false);
  nowUnixMs += receiving.restMs();
  expect(await receiving.receive(sent, header(10))).toBe(true);
  expect(brought).toEqual([[5, 8], [8]]);
});

test('a packet goes with a header again that the ledger does not hold', async () => {
  const brought: boolean[] = [];
  refusal = ({ items: [item] }) => {
    const isBrought = item?.needs.length === 1;
    brought.push(isBrought);
    return new LedgerRefusalError('housing', isBrought ? 'HEADER_TOO_OLD' : 'HEADER_UNKNOWN', { height: 5 });
  };
  for (let tries = 0; tries < 4; tries++) {
    await receiving.receive([asking(2, 5)], header(9));
    nowUnixMs += HOLD_MS_MAX;
  }
  expect(brought).toEqual([true, false, true, false]);
});

test('a packet that the ledger refuses among others waits too when it asks for a header', async () => {
  receiving.refused({ sequence: 2, entry: {}, needs: [], isDoubtful: true });
  receiving.refused({ sequence: 3, entry: {}, needs: [], isDoubtful: false });
  await receiving.receive([asking(2, 5), plain(3)], header(9));
  expect(given).toEqual([[3]]);
});

test.each([
  ['a gateway that is halted', () => new GatewayError('housing', 'HALTED', false), [asking(1, 5)]],
  ['a ledger that takes nothing of the source', () => new LedgerRefusalError('housing', 'CLIENT_FROZEN'), [plain(1), asking(2, 5)]],
])('%s fails the pass and holds no packet', async (_name, error, sent) => {
  refusal = error;
  await expect(receiving.receive(sent, header(9))).rejects.toMatchObject({ code: error().code });
  expect(receiving.restMs()).toBe(BACKOFF_MS_MAX);
});

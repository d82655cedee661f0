import { type AddressInfo, createServer } from 'node:net';
import type { PeerDocument } from '@civitas/deployment';
import { expect, test } from '@jest/globals';
import { awaitEarlierEngines, isPeerListening } from './dial-order.ts';
import { DIAL_ORDER_MS_MAX } from './limits.ts';

const peer = (index: number): PeerDocument => ({
  node: `health-${index}`,
  nodeId: String(index).repeat(40),
  host: '127.0.0.1',
  p2pPort: 26656,
  grpcPort: 7070,
});
const peers = [0, 1, 2, 3].map(peer);

async function lookedAt(own: number, listening: ReadonlySet<string>, stepMs: number): Promise<readonly string[]> {
  const asked: string[] = [];
  let nowMs = 0;
  await awaitEarlierEngines(peers, peer(own).nodeId, {
    isListening: async ({ node }) => {
      asked.push(node);
      nowMs += stepMs;
      return listening.has(node);
    },
    nowMs: () => nowMs,
    signal: new AbortController().signal,
  });
  return asked;
}

test('an engine waits for those that stand before it, and for no other', async () => {
  expect(await lookedAt(2, new Set(['health-0', 'health-1']), 1)).toEqual(['health-0', 'health-1']);
  expect(await lookedAt(0, new Set(), 1)).toEqual([]);
});

test('an engine whose predecessor is down starts all the same when its time is over', async () => {
  expect((await lookedAt(1, new Set(), DIAL_ORDER_MS_MAX)).length).toBe(1);
});

test('a port that takes connections is told from one that does not', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await isPeerListening({ ...peer(0), p2pPort: port })).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await isPeerListening({ ...peer(0), p2pPort: port })).toBe(false);
});

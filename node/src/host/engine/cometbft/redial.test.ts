import { expect, test } from '@jest/globals';
import { EngineFault } from './engine-fault.ts';
import { REDIAL_AFTER_MS } from './limits.ts';
import { Redial } from './redial.ts';

const peer = (index: number) => ({
  node: `health-${index}`,
  nodeId: `id${index}`,
  host: `127.0.0.${index}`,
  p2pPort: 26_656,
  grpcPort: 7_070,
});

function aRedial(dial?: () => Promise<void>) {
  const peers = [peer(0), peer(1), peer(2)];
  const dialled: (readonly string[])[] = [];
  const told: (readonly string[])[] = [];
  const redial = new Redial({
    ownNodeId: 'id0',
    peers: async () => peers,
    dial: async (addresses) => {
      dialled.push(addresses);
      await dial?.();
    },
    onMissing: (nodes) => told.push(nodes),
  });
  return { redial, peers, dialled, told };
}

test('a peer that is missing is dialled again and again, however long it is gone', async () => {
  const { redial, dialled, told } = aRedial();
  const aWeekMs = 7 * 24 * 3_600_000;
  await redial.observe(0, ['id2']);
  await redial.observe(REDIAL_AFTER_MS - 1, ['id2']);
  expect(dialled).toEqual([]);
  for (const atMs of [REDIAL_AFTER_MS, 2 * REDIAL_AFTER_MS, aWeekMs]) await redial.observe(atMs, ['id2']);
  expect(dialled).toEqual(Array.from({ length: 3 }, () => ['id1@127.0.0.1:26656']));
  expect(told).toEqual([['health-1']]);
});

test('nobody is dialled who is there, nor this node itself, and a peer that came back has its time again', async () => {
  const { redial, dialled, told } = aRedial();
  await redial.observe(0, []);
  await redial.observe(1, ['id1', 'id2']);
  await redial.observe(REDIAL_AFTER_MS + 1, ['id1', 'id2']);
  await redial.observe(REDIAL_AFTER_MS + 2, ['id1']);
  expect(dialled).toEqual([]);
  expect(told).toEqual([['health-1', 'health-2'], [], ['health-2']]);
});

test('a peer that the operator adds is dialled too', async () => {
  const { redial, peers, dialled } = aRedial();
  peers.push(peer(3));
  await redial.observe(0, ['id1', 'id2']);
  await redial.observe(REDIAL_AFTER_MS, ['id1', 'id2']);
  expect(dialled).toEqual([['id3@127.0.0.3:26656']]);
});

test('an engine that does not answer is asked again; any other fault is one', async () => {
  const silent = aRedial(() => Promise.reject(new EngineFault('ENGINE_SILENT', 'gone')));
  for (const atMs of [0, REDIAL_AFTER_MS, 2 * REDIAL_AFTER_MS]) await silent.redial.observe(atMs, ['id1']);
  expect(silent.dialled).toHaveLength(2);
  const broken = aRedial(() => Promise.reject(new Error('a defect')));
  await broken.redial.observe(0, []);
  await expect(broken.redial.observe(REDIAL_AFTER_MS, [])).rejects.toThrow('a defect');
});

test('one dial at a time', async () => {
  let release = (): void => undefined;
  const { redial, dialled } = aRedial(() => new Promise((resolve) => (release = resolve)));
  await redial.observe(0, []);
  const first = redial.observe(REDIAL_AFTER_MS, []);
  await redial.observe(3 * REDIAL_AFTER_MS, []);
  release();
  await first;
  expect(dialled).toHaveLength(1);
});

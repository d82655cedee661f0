import { expect, test } from '@jest/globals';
import { EngineFault } from './engine-fault.ts';
import { REDIAL_AFTER_MS, REDIAL_EVERY_MS } from './limits.ts';
import { Redial } from './redial.ts';

const peer = (index: number) => ({
  node: `health-${index}`,
  nodeId: `id${index}`,
  host: `127.0.0.${index}`,
  p2pPort: 26_656,
  grpcPort: 7_070,
});

/** The third of four. */
function aRedial(dial?: () => Promise<void>) {
  const peers = [peer(0), peer(1), peer(2), peer(3)];
  const dialled: (readonly string[])[] = [];
  const told: (readonly string[])[] = [];
  const redial = new Redial({
    ownNodeId: 'id2',
    peers: async () => peers,
    dial: async (addresses) => {
      dialled.push(addresses);
      await dial?.();
    },
    onMissing: (nodes) => told.push(nodes),
  });
  return { redial, peers, dialled, told };
}

test('a peer that has been missing for long is dialled again and again, however long it is gone', async () => {
  const { redial, dialled, told } = aRedial();
  const aWeekMs = 7 * 24 * 3_600_000;
  await redial.observe(0, ['id0', 'id3']);
  await redial.observe(REDIAL_AFTER_MS - 1, ['id0', 'id3']);
  expect(dialled).toEqual([]);
  for (const atMs of [REDIAL_AFTER_MS, REDIAL_AFTER_MS + 1, REDIAL_AFTER_MS + REDIAL_EVERY_MS, aWeekMs])
    await redial.observe(atMs, ['id0', 'id3']);
  expect(dialled).toEqual(Array.from({ length: 3 }, () => ['id1@127.0.0.1:26656']));
  expect(told).toEqual([['health-1']]);
});

test('of two that miss each other only the later one dials', async () => {
  const { redial, dialled, told } = aRedial();
  for (const atMs of [0, REDIAL_AFTER_MS]) await redial.observe(atMs, []);
  expect(dialled).toEqual([['id0@127.0.0.0:26656', 'id1@127.0.0.1:26656']]);
  expect(told).toEqual([['health-0', 'health-1', 'health-3']]);
});

test('a peer that came back has its time again, and one that is new to it is not dialled with the others', async () => {
  const { redial, dialled, told } = aRedial();
  await redial.observe(0, ['id1', 'id3']);
  await redial.observe(1, ['id0', 'id1', 'id3']);
  await redial.observe(2, ['id1', 'id3']);
  await redial.observe(REDIAL_AFTER_MS, ['id3']);
  expect(dialled).toEqual([]);
  await redial.observe(REDIAL_AFTER_MS + 2, ['id3']);
  expect(dialled).toEqual([['id0@127.0.0.0:26656']]);
  expect(told).toEqual([['health-0'], [], ['health-0'], ['health-0', 'health-1']]);
});

test('an engine that does not answer is asked again; any other fault is one', async () => {
  const silent = aRedial(() => Promise.reject(new EngineFault('ENGINE_SILENT', 'gone')));
  for (const atMs of [0, REDIAL_AFTER_MS, REDIAL_AFTER_MS + REDIAL_EVERY_MS]) await silent.redial.observe(atMs, ['id1']);
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

import { persistentVolumeClaims } from '@civitas/kube';
import { expect } from '@jest/globals';
import { civitas } from '../../e2e/commands.ts';
import { type CityUnderTest, sayTime } from './city-under-test.ts';
import { type CityObject, NAMESPACE } from './city-view.ts';
import { whileCasesGo } from './while-cases-go.ts';

const WITHIN_MS = 200_000;
const VALIDATORS = 4;
/** Several times what a case takes: one that is under way when an authority begins must be over before the former one ends. */
const OVERLAP_SECONDS = 20;

const areAtHead = (it: CityObject | undefined): boolean => it?.status?.validators?.caughtUp === VALIDATORS;

/** Cases over the city's links, by a person who logs in before each. */
async function casesGo(city: CityUnderTest, name: string, work: (goOn: () => Promise<void>) => Promise<void>): Promise<void> {
  const { home, view } = city;
  await view.until('LedgerNetwork', 'transport', areAtHead, WITHIN_MS);
  await whileCasesGo({ home, name, before: () => civitas(home, 'login') }, work);
}

/** Certificates, authority and pods of a network of four. */
export async function rotate(city: CityUnderTest, network: string): Promise<void> {
  const before = await city.podsOf(network);
  await casesGo(city, 'rotations', async () => {
    await city.perform(network, 'certificates', { type: 'RotateCertificates' });
    await city.perform(network, 'authority', { type: 'RotateCA', overlapSeconds: OVERLAP_SECONDS });
    expect(await city.podsOf(network)).toEqual(before);
    await city.perform(network, 'restart', { type: 'Restart' });
  });
  const uids = new Set(before.values());
  expect([...(await city.podsOf(network)).values()].filter((uid) => uids.has(uid))).toEqual([]);
}

/** What is done to one validator of four. */
export async function mendValidators(city: CityUnderTest, network: string): Promise<void> {
  const { view } = city;
  const node = `${network}-2`;
  const before = await city.podsOf(network);
  const steps = [
    ['fence', 'Fence'],
    ['unfence', 'Unfence'],
    ['fence-again', 'Fence'],
    ['rebuild', 'RebuildNode'],
  ] as const;
  await casesGo(city, 'fences', async (goOn) => {
    for (const [name, type] of steps) {
      await city.perform(network, name, { type, nodes: [node] });
      // Three of four decide.
      if (name === 'fence') await goOn();
    }
    await view.until('LedgerNetwork', network, areAtHead, WITHIN_MS);

    const complete = (name: string) => view.condition('ValidatorChange', name, 'Complete');
    await view.apply('ValidatorChange', 'fewer', { networkRef: network, changes: [{ type: 'Remove', node }] });
    await view.until('ValidatorChange', 'fewer', (it) => it?.status?.phase === 'Rejected', WITHIN_MS);
    expect(complete('fewer')?.message).toContain('would leave 3 validators, and fewer than 4 survive no failure');

    const beganMs = performance.now();
    const changes = [{ type: 'Rekey', node: `${network}-3` }];
    await view.apply('ValidatorChange', 'rekey', { networkRef: network, changes, approval: 'Manual' });
    await view.until('ValidatorChange', 'rekey', () => complete('rekey')?.message.includes('set spec.approved') === true, WITHIN_MS);
    await view.patch('ValidatorChange', 'rekey', { approved: true });
    await view.until('ValidatorChange', 'rekey', (it) => it?.status?.phase === 'Completed', WITHIN_MS);
    sayTime('rekey', beganMs);
    await view.until('LedgerNetwork', network, areAtHead, WITHIN_MS);
  });
  const after = await city.podsOf(network);
  for (const untouched of [`${network}-0`, `${network}-1`]) expect(after.get(untouched)).toBe(before.get(untouched));
}

/** Sleep of a whole network. */
export async function sleepAndWake(city: CityUnderTest, network: string): Promise<void> {
  const { view } = city;
  const before = view.find('LedgerNetwork', network)?.status;
  const beganMs = performance.now();
  await view.patch('LedgerNetwork', network, { hibernated: true });
  const sleeps = () => view.condition('LedgerNetwork', network, 'Hibernated')?.status;
  await view.until('LedgerNetwork', network, () => sleeps() === 'True', WITHIN_MS);
  expect((await city.podsOf(network)).size).toBe(0);
  const { items } = await view.client.listAll(persistentVolumeClaims, { namespace: NAMESPACE });
  expect(items.filter(({ metadata }) => metadata.name.startsWith(`${network}-`))).toHaveLength(VALIDATORS);

  await view.patch('LedgerNetwork', network, { hibernated: false });
  const isAwake = (it: CityObject | undefined): boolean =>
    areAtHead(it) && sleeps() === undefined && view.condition('LedgerNetwork', network, 'Available')?.status === 'True';
  await view.until('LedgerNetwork', network, isAwake, WITHIN_MS);
  sayTime('sleep and waking', beganMs);
  const after = view.find('LedgerNetwork', network)?.status;
  expect(after?.genesisHash).toBe(before?.genesisHash);
  expect(after?.height).toBeGreaterThanOrEqual(before?.height ?? 1);
}

/** The end of a network whose data go with it. */
export async function endForGood(city: CityUnderTest, network: string, peers: readonly string[]): Promise<void> {
  await city.view.patch('LedgerNetwork', network, { deletionPolicy: { data: 'Delete' } });
  await city.view.delete('LedgerNetwork', network);
  await city.view.until('LedgerNetwork', network, (it) => it === undefined, WITHIN_MS);
  for (const peer of peers) expect((await city.recordOf(peer, `links/jincheng-${network}-1/client`))?.['status']).toBe('Tombstoned');
  expect((await city.recordOf('transport', 'links/jincheng-city-1/client'))?.['status']).toBe('Active');
}

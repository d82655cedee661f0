import { type Secret, secrets } from '@civitas/kube';
import { chosenSeed } from '@civitas/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LedgerOperationSpec } from '../core/resources/ledger-operation.ts';
import { NAMESPACE, startOperator } from './testing/city-fixture.ts';
import { type DayTwoRig, NODES, startDayTwoRig } from './testing/day-two-rig.ts';
import { startFaultyApi } from './testing/faulty-api.ts';
import { mortalClient } from './testing/mortal-client.ts';

const ROLL_ORDER = ['city-4', 'city-3', 'city-2', 'city-1', 'city-0'];

let rig: DayTwoRig;
let octet = 200;

beforeEach(async () => {
  rig = await startDayTwoRig(++octet);
}, 300_000);

afterEach(() => rig.stop());

/** One life of an operator: until it has done its writes, or the operation is over. */
async function live(writes: number, operation: string): Promise<void> {
  const life = mortalClient(rig.client, writes);
  const stopping = new AbortController();
  const controllers = await startOperator(life.client, stopping.signal).catch((error: unknown) => {
    if (!life.isOver()) throw error;
    return undefined;
  });
  await rig.holdsWithin(async () => life.isOver() || (await isOver(operation)), 4000);
  stopping.abort();
  await controllers?.stop();
}

async function isOver(operation: string): Promise<boolean> {
  return (await rig.operation(operation))?.status?.finishedAt !== undefined;
}

/** Lives of one write, two, … six, eleven … until the operation is over: what a death can fall between differs from life to life. */
async function dieOften(spec: Omit<LedgerOperationSpec, 'networkRef'>): Promise<void> {
  await rig.ask('it', spec);
  for (let writes = 1; writes < 120 && !(await isOver('it')); writes += writes < 6 ? 1 : 5) await live(writes, 'it');
  expect((await rig.operation('it'))?.status?.phase).toBe('Done');
}

describe('an operator that dies after its first write, then after two, then three', () => {
  test('restarts every pod once, one at a time', async () => {
    await dieOften({ type: 'Restart' });
    expect(rig.seen).toEqual({ fewestVoting: 3, order: ROLL_ORDER });
  }, 300_000);

  test('rolls the authority over once, and ends no pod', async () => {
    await dieOften({ type: 'RotateCA', overlapSeconds: 0 });
    const leaves: readonly Secret[] = await Promise.all(
      NODES.map((node) => rig.client.get(secrets, { namespace: NAMESPACE, name: `${node}-tls` })),
    );
    expect(leaves.map(({ metadata }) => metadata.annotations?.['civitas.dev/trusted'])).toEqual(NODES.map(() => '2'));
    expect(rig.seen).toEqual({ fewestVoting: 4, order: [] });
  }, 300_000);

  // Each time as the rolling upgrade of test/operator/crash-upgrade.test.ts, with a protocol change behind it.
  if (process.env['CIVITAS_FULL'] === '1')
    test('upgrades every node once, from the version recorded before the spec changed', async () => {
      await dieOften({ type: 'Upgrade', version: '0.2.0' });
      expect(rig.seen).toEqual({ fewestVoting: 3, order: ROLL_ORDER });
      expect((await rig.operation('it'))?.status?.fromVersion).toBe('0.1.0');
    }, 300_000);

  test('rebuilds a fenced node once', async () => {
    await rig.withOperator(async () => {
      await rig.ask('fence', { type: 'Fence', nodes: ['city-2'] });
      expect(await rig.reaches('fence', 'Done')).toBe(true);
    });
    await dieOften({ type: 'RebuildNode', nodes: ['city-2'] });
    expect(rig.seen).toEqual({ fewestVoting: 3, order: ['city-2'] });
  }, 300_000);
});

describe('an API server that fails every tenth request', () => {
  const seed = Number(chosenSeed());

  test(`sees pods restarted once and the authority rolled over (seed ${seed})`, async () => {
    const faulty = await startFaultyApi(rig.cluster.kubeconfigPath, { seed, rate: 0.1 });
    try {
      await rig.withOperator(async () => {
        await rig.ask('restart', { type: 'Restart', nodes: ['city-1', 'city-4'] });
        await rig.ask('authority', { type: 'RotateCA', overlapSeconds: 0 });
        expect(await rig.reaches('restart', 'Done', 60_000)).toBe(true);
        expect(await rig.reaches('authority', 'Done', 60_000)).toBe(true);
      }, faulty.client);
    } finally {
      faulty.heal();
      await faulty.stop();
    }
    expect(rig.seen).toEqual({ fewestVoting: 3, order: ['city-4', 'city-1'] });
  }, 300_000);
});

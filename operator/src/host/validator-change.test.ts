import { createHash } from 'node:crypto';
import { configMaps, type KubeObject, persistentVolumeClaims, pods, secrets, services } from '@civitas/kube';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ValidatorChangeItem, ValidatorChangeStatus } from '../core/resources/validator-change.ts';
import {
  applyCity,
  createNamespaces,
  finishDeletedPods,
  holdsWithin,
  isAvailable,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from './testing/city-fixture.ts';
import { createFakeLedger, type FakeLedger } from './testing/fake-ledger.ts';
import { type FakeWorld, startFakeWorld } from './testing/fake-world.ts';
import { mortalClient } from './testing/mortal-client.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

interface Change extends KubeObject {
  readonly status?: ValidatorChangeStatus;
}

interface NodeObject extends KubeObject {
  readonly status?: { readonly consensusPublicKey?: string };
}

interface ReservationObject extends KubeObject {
  readonly spec?: { readonly node: string };
}

const changes = ourResource<Change>('validatorchanges');
/** Of an operator that has nothing left to write: one that has ends with its write, however long a busy machine takes to start it. */
const LIFE_MS_MAX = 15_000;
const POOLS = [
  { name: 'validators', role: 'validator', replicas: 4 },
  { name: 'observers', role: 'observer', replicas: 2 },
];

let cluster: TestCluster;
let world: FakeWorld;
let ledger: FakeLedger;
let octet = 160;

beforeEach(async () => {
  cluster = await startTestCluster(++octet);
  await createNamespaces(cluster.client);
  ledger = createFakeLedger();
  world = startFakeWorld(cluster.client, NAMESPACE, octet, { city: ledger });
  await applyCity(cluster.client, { engine: 'cometbft' }, { pools: POOLS });
}, 240_000);

afterEach(async () => {
  await world.stop();
  await cluster.stop();
});

async function ask(name: string, items: readonly ValidatorChangeItem[], facts: object = {}): Promise<void> {
  const spec = { networkRef: 'city', changes: items, ...facts };
  await cluster.client.create(changes, {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'ValidatorChange',
    metadata: { name, namespace: NAMESPACE },
    ...{ spec },
  });
}

const find = (name: string): Promise<Change | undefined> => cluster.client.find(changes, { namespace: NAMESPACE, name });
const phaseOf = async (name: string): Promise<string | undefined> => (await find(name))?.status?.phase;
const messageOf = async (name: string): Promise<string> =>
  (await find(name))?.status?.conditions?.find(({ type }) => type === 'Complete')?.message ?? '';
const setChanges = (): readonly string[] => ledger.proposed.filter((entry) => entry.includes('Validator'));

/** While `body` runs, an operator does. */
async function withOperator(body: () => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const controllers = await startOperator(cluster.client, stopping.signal);
  try {
    expect(await waitUntil(async () => (await isAvailable(cluster.client, 'city')) && world.record.grants.size === 6, 60_000)).toBe(true);
    await body();
  } finally {
    stopping.abort();
    await controllers.stop();
  }
}

describe('a ValidatorChange on a network of four', () => {
  test('adds, replaces and removes, each decided by the members and once', async () => {
    await withOperator(async () => {
      await ask('first', [{ type: 'Add', node: 'city-4' }]);
      await ask('second', [{ type: 'Replace', node: 'city-4', with: 'city-5' }]);
      expect(await waitUntil(async () => (await phaseOf('second')) === 'Completed', 60_000)).toBe(true);
      expect(await phaseOf('first')).toBe('Completed');
      await ask('third', [{ type: 'Remove', node: 'city-5' }]);
      expect(await waitUntil(async () => (await phaseOf('third')) === 'Completed', 60_000)).toBe(true);
      expect(ledger.signing()).toEqual(['city-0', 'city-1', 'city-2', 'city-3']);
      expect(setChanges().map((entry) => entry.split(' ')[0])).toEqual([
        'addValidator',
        'addValidator',
        'removeValidator',
        'removeValidator',
      ]);
      expect((await find('second'))?.status).toMatchObject({ progress: '2/2', steps: [{ state: 'Done' }, { state: 'Done' }] });
    });
  }, 180_000);

  test('is rejected where it would leave three, waits for a person and for the members, and expires', async () => {
    await withOperator(async () => {
      await ask('fewer', [{ type: 'Remove', node: 'city-3' }]);
      expect(await waitUntil(async () => (await phaseOf('fewer')) === 'Rejected', 60_000)).toBe(true);
      expect(await messageOf('fewer')).toContain('would leave 3 validators, and fewer than 4 survive no failure');
      ledger.isAutomatic = false;
      await ask('manual', [{ type: 'Add', node: 'city-4' }], { approval: 'Manual' });
      expect(await waitUntil(async () => (await messageOf('manual')).includes('set spec.approved'), 60_000)).toBe(true);
      expect(setChanges()).toEqual([]);
      await cluster.client.mergePatch(changes, { namespace: NAMESPACE, name: 'manual' }, { spec: { approved: true } });
      expect(await waitUntil(async () => (await messageOf('manual')).includes('has 0 of 1 approvals'), 60_000)).toBe(true);
      await ask('late', [{ type: 'Add', node: 'city-5' }], { expiresAt: '2026-01-01T00:00:00Z' });
      expect(await waitUntil(async () => (await phaseOf('late')) === 'Expired', 60_000)).toBe(true);
      expect(setChanges().length).toBe(1);
    });
  }, 180_000);
});

test('a ValidatorChange that is deleted while members could decide it takes its proposal back before it goes', async () => {
  ledger.isAutomatic = false;
  ledger.protocol.newestElse = 2;
  ledger.protocol.version = 2;
  await withOperator(async () => {
    await ask('regretted', [{ type: 'Add', node: 'city-4' }]);
    expect(await waitUntil(async () => (await phaseOf('regretted')) === 'AwaitingApproval', 60_000)).toBe(true);
    await cluster.client.delete(changes, { namespace: NAMESPACE, name: 'regretted' });
    expect(await waitUntil(async () => (await find('regretted')) === undefined, 60_000)).toBe(true);
    const [entry] = setChanges();
    expect(ledger.records.get(`network.members/proposals/${entry?.split(' ')[1]}`)?.['status']).toBe('withdrawn');
  });
}, 180_000);

describe('a validator that is to vote under another key', () => {
  const hashOf = (key: string): string => createHash('sha256').update(Buffer.from(key, 'base64url')).digest('base64url');

  async function keyOf(node: string): Promise<string | undefined> {
    const found = await cluster.client.find(ourResource<NodeObject>('ledgernodes'), { namespace: NAMESPACE, name: node });
    return found?.status?.consensusPublicKey;
  }

  test('waits for a protocol that knows it; then makes, reserves and takes it without losing its seat', async () => {
    await withOperator(async () => {
      const former = await keyOf('city-2');
      await ask('it', [{ type: 'Rekey', node: 'city-2' }]);
      const reasonOf = async () => (await find('it'))?.status?.conditions?.find(({ type }) => type === 'Complete')?.reason;
      expect(await waitUntil(async () => (await reasonOf()) === 'ProtocolTooOld', 60_000)).toBe(true);
      expect(setChanges()).toEqual([]);
      ledger.protocol.newestElse = 2;
      ledger.protocol.version = 2;
      let fewest = 4;
      const isDone = async (): Promise<boolean> => {
        await finishDeletedPods(cluster.client);
        fewest = Math.min(fewest, ledger.signing().length);
        return (await phaseOf('it')) === 'Completed';
      };
      expect(await waitUntil(isDone, 60_000)).toBe(true);
      expect(setChanges().map((entry) => entry.split(' ')[0])).toEqual(['rekeyValidator']);
      expect([fewest, [...ledger.signing()].sort()]).toEqual([4, ['city-0', 'city-1', 'city-2', 'city-3']]);
      const now = await keyOf('city-2');
      expect(now).not.toBe(former);
      expect((await find('it'))?.status).toMatchObject({
        progress: '1/1',
        steps: [{ action: 'Rekey', node: 'city-2', publicKey: now, state: 'Done', validatorsBefore: 4, validatorsAfter: 4 }],
      });
      const { items } = await cluster.client.listAll(ourResource<ReservationObject>('consensuskeyreservations'), {});
      // Both stay reserved for it: neither is ever anybody else's.
      expect(items.filter(({ spec }) => spec?.node === 'city-2')).toHaveLength(2);
      const granted = (): readonly string[] => [...world.record.grants].filter((grant) => grant.startsWith(`${hashOf(now ?? '')} `));
      // It begins to sign with it once its pod is made anew, which may be after the change is complete.
      const isGranted = async (): Promise<boolean> => {
        await finishDeletedPods(cluster.client);
        return granted().length > 0;
      };
      expect(await waitUntil(isGranted, 60_000)).toBe(true);
      expect(granted()).toHaveLength(1);
    });
  }, 180_000);

  test('holds up no other work on the nodes once its time is past and it is taken back', async () => {
    ledger.isAutomatic = false;
    ledger.protocol.newestElse = 2;
    ledger.protocol.version = 2;
    await withOperator(async () => {
      await ask('late', [{ type: 'Rekey', node: 'city-2' }], { expiresAt: new Date(Date.now() + 12_000).toISOString() });
      const isPhase = (phase: string) => async (): Promise<boolean> => {
        await finishDeletedPods(cluster.client);
        return (await phaseOf('late')) === phase;
      };
      expect(await waitUntil(isPhase('AwaitingApproval'), 12_000)).toBe(true);
      expect(await waitUntil(isPhase('Expired'), 60_000)).toBe(true);
      expect((await find('late'))?.status?.steps).toMatchObject([{ state: 'Waiting', proposal: expect.any(String) }]);
      await cluster.client.mergePatch(networks, { namespace: NAMESPACE, name: 'city' }, { spec: { release: { version: '0.2.0' } } });
      expect(await waitUntil(async () => (await imagesAfterKubelet()).every((image) => image.endsWith(':0.2.0')), 60_000)).toBe(true);
    });
  }, 180_000);

  async function imagesAfterKubelet(): Promise<readonly string[]> {
    await finishDeletedPods(cluster.client);
    const { items } = await cluster.client.listAll(pods, { namespace: NAMESPACE });
    return items.flatMap(({ metadata, spec }) => (metadata.name.startsWith('city-') ? [spec?.containers[0]?.image ?? ''] : []));
  }
});

test('a proposal that the ledger refuses is told with its code, and made once it is taken', async () => {
  await withOperator(async () => {
    ledger.refusesWith = 'RULE_UNMET';
    await ask('refused', [{ type: 'Replace', node: 'city-0', with: 'city-4' }]);
    const reasonOf = async () => (await find('refused'))?.status?.conditions?.find(({ type }) => type === 'Complete')?.reason;
    expect(await waitUntil(async () => (await reasonOf()) === 'ProposalRefused', 60_000)).toBe(true);
    expect(await messageOf('refused')).toContain('RULE_UNMET');
    expect(setChanges()).toEqual([]);
    ledger.refusesWith = '';
    expect(await waitUntil(async () => (await phaseOf('refused')) === 'Completed', 60_000)).toBe(true);
  });
}, 240_000);

test('a node that no pool asks for any more is ended, and its volume goes where the policy says so', async () => {
  await withOperator(async () => {
    const [validators] = POOLS;
    expect((await leftOf('city-4')).every((left) => left !== undefined)).toBe(true);
    const spec = { pools: [validators], deletionPolicy: { data: 'Delete' } };
    await cluster.client.mergePatch(networks, { namespace: NAMESPACE, name: 'city' }, { spec });
    const isGone = async (): Promise<boolean> => {
      await finishDeletedPods(cluster.client);
      const volume = await cluster.client.find(persistentVolumeClaims, { namespace: NAMESPACE, name: 'city-4-data' });
      const [config, certificate, address] = await leftOf('city-4');
      return [volume, config, certificate, address].every((left) => left === undefined) && (await isRetired('city-4'));
    };
    expect(await waitUntil(isGone, 60_000)).toBe(true);
    expect((await leftOf('city-3')).every((left) => left !== undefined)).toBe(true);
    expect(await cluster.client.find(persistentVolumeClaims, { namespace: NAMESPACE, name: 'city-3-data' })).toBeDefined();
  });
}, 240_000);

/** Configuration, certificate and address of a node. */
async function leftOf(node: string): Promise<readonly unknown[]> {
  const { client } = cluster;
  return [
    await client.find(configMaps, { namespace: NAMESPACE, name: `${node}-config` }),
    await client.find(secrets, { namespace: NAMESPACE, name: `${node}-tls` }),
    await client.find(services, { namespace: NAMESPACE, name: node }),
  ];
}

async function isRetired(name: string): Promise<boolean> {
  const nodes = ourResource<Change>('ledgernodes');
  return (await cluster.client.find(nodes, { namespace: NAMESPACE, name }))?.status?.phase === 'Retired';
}

test('an operator that dies after every single write replaces a validator with two proposals and no more', async () => {
  await withOperator(async () => {});
  await ask('replace', [{ type: 'Replace', node: 'city-0', with: 'city-4' }]);
  const states = new Set<string>();
  for (let lives = 0; (await phaseOf('replace')) !== 'Completed' && lives < 60; lives++) {
    const stopping = new AbortController();
    const life = mortalClient(cluster.client, 1, (_verb, plural) => plural === 'validatorchanges');
    ledger.onProposed = (kind) => {
      if (kind.endsWith('Validator')) life.spend();
    };
    const controllers = await startOperator(life.client, stopping.signal).catch(() => undefined);
    await holdsWithin(async () => life.isOver() || (await phaseOf('replace')) === 'Completed', LIFE_MS_MAX);
    stopping.abort();
    await controllers?.stop();
    states.add((await find('replace'))?.status?.steps?.map(({ state }) => state).join() ?? '');
  }
  expect([await phaseOf('replace'), await messageOf('replace')]).toEqual([
    'Completed',
    expect.stringContaining('4 validators sign blocks'),
  ]);
  expect([...ledger.signing()].sort()).toEqual(['city-1', 'city-2', 'city-3', 'city-4']);
  expect(setChanges().map((entry) => entry.split(' ')[0])).toEqual(['addValidator', 'removeValidator']);
  expect([...states]).toEqual(expect.arrayContaining(['Proposed,Waiting', 'Done,Done']));
}, 240_000);

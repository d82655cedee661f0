import { type Condition, type KubeClient, type KubeObject, type Pod, pods, type Resource } from '@civitas/kube';
import type { LedgerOperationSpec, LedgerOperationStatus } from '../../core/resources/ledger-operation.ts';
import { aCity, anAgency } from '../../core/testing/builders.ts';
import {
  aNetworkBody,
  bodyOf,
  createNamespaces,
  finishDeletedPods,
  holdsWithin,
  isAvailable,
  lateError,
  NAMESPACE,
  networks,
  startOperator,
  waitUntil,
} from './city-fixture.ts';
import type { FakeLedger } from './fake-ledger.ts';
import { type FakeWorld, startFakeWorld } from './fake-world.ts';
import { ourResource, startTestCluster, type TestCluster } from './test-cluster.ts';

export interface OperationObject extends KubeObject {
  readonly status?: LedgerOperationStatus;
}

export const operations: Resource<OperationObject> = ourResource('ledgeroperations');
export const VOTERS = ['city-0', 'city-1', 'city-2', 'city-3'];
export const NODES = [...VOTERS, 'city-4'];
const POOLS = [
  { name: 'validators', role: 'validator', replicas: 4 },
  { name: 'observers', role: 'observer', replicas: 1 },
];

const BORN_WITHIN_MS = 60_000;

/** A network of four validators and an observer, its operator, and what a person does and sees. */
export interface DayTwoRig {
  readonly cluster: TestCluster;
  readonly client: KubeClient;
  readonly world: FakeWorld;
  /** Fewest validators that voted at any look since `watch` was called, and the order in which pods were made anew. */
  readonly seen: { fewestVoting: number; readonly order: string[] };
  /** While `body` runs, an operator does, on this client or its own. */
  withOperator<Result>(body: () => Promise<Result>, client?: KubeClient): Promise<Result>;
  ask(name: string, spec: Omit<LedgerOperationSpec, 'networkRef'>): Promise<void>;
  operation(name: string): Promise<OperationObject | undefined>;
  /** Looks until the operation is in this phase, finishing what a kubelet would. @throws LateError when it does not come to it. */
  reaches(name: string, phase: string, ms?: number): Promise<true>;
  until(holds: () => Promise<boolean> | boolean, ms?: number): Promise<true>;
  /** As `until`, of what need not come: false when it does not. */
  holdsWithin(holds: () => Promise<boolean> | boolean, ms: number): Promise<boolean>;
  podUIDs(): Promise<ReadonlyMap<string, string>>;
  condition(type: string): Promise<Condition | undefined>;
  patch(spec: object): Promise<void>;
  stop(): Promise<void>;
}

/** @param octet second number of its loopback addresses; @param ledger of its network; without one its nodes have no LedgerService. */
export async function startDayTwoRig(octet: number, ledger?: FakeLedger): Promise<DayTwoRig> {
  const cluster = await startTestCluster(octet);
  const { client } = cluster;
  await createNamespaces(client);
  const world = startFakeWorld(client, NAMESPACE, octet, ledger === undefined ? {} : { city: ledger });
  await client.create(ourResource('cityconfigs'), bodyOf(aCity({ engine: 'cometbft' })));
  await client.create(ourResource('agencies'), bodyOf(anAgency('civil-affairs')));
  await client.create(networks, aNetworkBody('city', { domain: 'city', chainId: 'jincheng-city-1', pools: POOLS }));
  const { seen, look } = watchVoters(client, world);
  const looking = (holds: () => Promise<boolean> | boolean) => async (): Promise<boolean> => {
    await look();
    if (!(await holds())) return false;
    // What came about between the look and the answer is seen too.
    await look();
    return true;
  };
  const until = async (holds: () => Promise<boolean> | boolean, ms = 60_000): Promise<true> => {
    if (await holdsWithin(looking(holds), ms)) return true;
    throw lateError(holds, ms);
  };
  const operation = (name: string): Promise<OperationObject | undefined> => client.find(operations, { namespace: NAMESPACE, name });
  const isUp = async (): Promise<boolean> => (await isAvailable(client, 'city')) && world.record.grants.size === NODES.length;

  const rig: DayTwoRig = {
    ...{ cluster, client, world, seen, until, operation },
    holdsWithin: (holds, ms) => holdsWithin(looking(holds), ms),
    async withOperator(body, own = client) {
      const stopping = new AbortController();
      const controllers = await startOperator(own, stopping.signal);
      try {
        return await body();
      } finally {
        stopping.abort();
        await controllers.stop();
      }
    },
    async ask(name, spec) {
      const body = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerOperation', metadata: { name, namespace: NAMESPACE } };
      await client.create(operations, { ...body, ...{ spec: { networkRef: 'city', ...spec } } });
    },
    reaches: (name, phase, ms) => until(async () => (await operation(name))?.status?.phase === phase, ms),
    async podUIDs() {
      const { items } = await client.listAll(pods, { namespace: NAMESPACE });
      return new Map(items.flatMap(({ metadata }) => (NODES.includes(metadata.name) ? [[metadata.name, metadata.uid] as const] : [])));
    },
    async condition(type) {
      const network = await client.find(networks, { namespace: NAMESPACE, name: 'city' });
      return network?.status?.conditions?.find((condition) => condition.type === type);
    },
    patch: async (spec) => void (await client.mergePatch(networks, { namespace: NAMESPACE, name: 'city' }, { spec })),
    async stop() {
      await world.stop();
      await cluster.stop();
    },
  };
  await rig
    .withOperator(() => waitUntil(isUp, BORN_WITHIN_MS))
    .catch(async (error: unknown) => {
      await rig.stop();
      throw error;
    });
  await look();
  seen.fewestVoting = VOTERS.length;
  seen.order.length = 0;
  return rig;
}

/** Counts who votes and notes which pods are made anew, at each look. */
function watchVoters(client: KubeClient, world: FakeWorld): { readonly seen: DayTwoRig['seen']; look(): Promise<void> } {
  const seen = { fewestVoting: VOTERS.length, order: [] as string[] };
  const before = new Map<string, string>();
  return {
    seen,
    async look() {
      const { items } = await client.listAll(pods, { namespace: NAMESPACE });
      const granted = world.granted();
      const isVoting = ({ metadata, status }: Pod): boolean =>
        VOTERS.includes(metadata.name) &&
        metadata.deletionTimestamp === undefined &&
        status?.phase === 'Running' &&
        granted.has(metadata.uid);
      seen.fewestVoting = Math.min(seen.fewestVoting, items.filter(isVoting).length);
      for (const { metadata } of items) {
        const former = before.get(metadata.name);
        if (former !== undefined && former !== metadata.uid) seen.order.push(metadata.name);
        before.set(metadata.name, metadata.uid);
      }
      await finishDeletedPods(client);
    },
  };
}

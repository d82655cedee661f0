import { createLeaderElector, type KubeClient, type LeaderElector, pods } from '@civitas/kube';
import { chosenSeed } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SYSTEM_NAMESPACE } from '../core/desired/names.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import { NAMESPACE, startOperator } from './testing/city-fixture.ts';
import { type DayTwoRig, NODES, startDayTwoRig } from './testing/day-two-rig.ts';
import { type Fault, type FaultyApi, type FaultyApiOptions, startFaultyApi } from './testing/faulty-api.ts';

const seed = Number(chosenSeed());
const ROLLED_WITHIN_MS = 150_000;
/** What an API server that lags, or one of several that differ, makes a client see. */
const LAG: readonly Fault[] = ['old', 'stale', 'cut', '410', 'slow'];

let rig: DayTwoRig;
let proxies: FaultyApi[];
let octet = 73;

beforeEach(async () => {
  rig = await startDayTwoRig(++octet);
  proxies = [];
}, 120_000);

afterEach(async () => {
  for (const proxy of proxies) await proxy.stop();
  await rig?.stop();
});

async function through(options: FaultyApiOptions): Promise<KubeClient> {
  const proxy = await startFaultyApi(rig.cluster.kubeconfigPath, options);
  proxies.push(proxy);
  return proxy.client;
}

const made = (fault: Fault): number => proxies.reduce((sum, proxy) => sum + proxy.made[fault], 0);

async function isRolled(): Promise<boolean> {
  const { items } = await rig.client.listAll(pods, { namespace: NAMESPACE });
  const nodes = items.filter(({ metadata }) => NODES.includes(metadata.name));
  const isNew = nodes.length === NODES.length && nodes.every(({ spec }) => spec?.containers[0]?.image?.endsWith(':0.2.0') === true);
  return isNew && (await rig.operation('it'))?.status?.phase === 'Done';
}

/** Each node was made anew once, and never were fewer than a quorum voting. */
function expectOneRoll(): void {
  expect([...rig.seen.order].sort()).toEqual(NODES);
  expect(rig.seen.fewestVoting).toBe(3);
}

test(`every second read is of the past, also those that an operator starts with: one roll, one validator at a time (seed ${seed})`, async () => {
  const client = await through({ seed, rate: 0.5, faults: LAG });
  await rig.ask('it', { type: 'Upgrade', version: '0.2.0' });
  // Each life begins with lists that lag behind what the one before it did.
  for (const replaced of [0, 1, 2, 3])
    await rig.withOperator(async () => {
      expect(await rig.until(async () => rig.seen.order.length > replaced, ROLLED_WITHIN_MS)).toBe(true);
    }, client);
  await rig.withOperator(async () => {
    expect(await rig.until(isRolled, ROLLED_WITHIN_MS)).toBe(true);
  }, client);
  expectOneRoll();
  expect(made('stale')).toBeGreaterThan(0);
  expect(made('old')).toBeGreaterThan(0);
}, 420_000);

interface Replica {
  isLeader(): boolean;
  stop(): Promise<void>;
}

/** An operator that is started again whenever it has lost the Lease, as its pod would be. */
function startReplica(client: KubeClient, name: string): Replica {
  let [reigns, isStopping] = [0, false];
  let elector: LeaderElector | undefined;
  let controllers: Promise<RunningControllers | undefined> = Promise.resolve(undefined);
  const end = async (): Promise<void> => {
    await (await controllers)?.stop();
    await elector?.stop();
  };
  const live = (): void => {
    const timing = { leaseDurationMs: 8000, renewDeadlineMs: 5000, retryPeriodMs: 300 };
    const own = createLeaderElector({
      ...{ client, namespace: SYSTEM_NAMESPACE, name: 'civitas-operator', identity: `${name}-${++reigns}`, ...timing },
      onStartedLeading: (reign) => {
        controllers = startOperator(client, reign, () => own.isLeader()).catch(() => undefined);
      },
      onStoppedLeading: () => {
        if (!isStopping) void end().then(() => isStopping || live());
      },
    });
    elector = own;
    own.start();
  };
  live();
  return {
    isLeader: () => elector?.isLeader() ?? false,
    async stop() {
      isStopping = true;
      await end();
    },
  };
}

test(`two operators, each with an API server of its own that fails in every way, and whoever leads is ended in turn: one roll, one validator at a time (seed ${seed})`, async () => {
  const clients = [await through({ seed, rate: 0.15 }), await through({ seed: seed + 1, rate: 0.15 })];
  const start = (place: number, life: number): Replica => startReplica(clients[place] ?? rig.client, `replica-${place}-${life}`);
  const replicas = clients.map((_, place) => start(place, 0));
  try {
    await rig.ask('it', { type: 'Upgrade', version: '0.2.0' });
    for (const replaced of [1, 2, 4]) {
      expect(await rig.until(() => rig.seen.order.length >= replaced, ROLLED_WITHIN_MS)).toBe(true);
      const leading = replicas.findIndex((replica) => replica.isLeader());
      if (leading < 0) continue;
      await replicas[leading]?.stop();
      replicas[leading] = start(leading, replaced);
    }
    expect(await rig.until(isRolled, ROLLED_WITHIN_MS)).toBe(true);
  } finally {
    for (const proxy of proxies) proxy.heal();
    for (const replica of replicas) await replica.stop();
  }
  expectOneRoll();
}, 420_000);

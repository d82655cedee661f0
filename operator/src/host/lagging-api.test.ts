import { createLeaderElector, type KubeClient, type LeaderElector, pods } from '@civitas/kube';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SYSTEM_NAMESPACE } from '../core/desired/names.ts';
import type { RunningControllers } from './controllers/start-controllers.ts';
import { NAMESPACE, startOperator } from './testing/city-fixture.ts';
import { type DayTwoRig, NODES, startDayTwoRig } from './testing/day-two-rig.ts';
import { type Fault, type FaultyApi, type FaultyApiOptions, startFaultyApi } from './testing/faulty-api.ts';

const seed = Number(process.env['CIVITAS_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const ROLLED_WITHIN_MS = 150_000;
/** What an API server that lags, or one of several that differ, makes a client see. */
const LAG: readonly Fault[] = ['old', 'stale', 'cut', '410', 'slow'];

let rig: DayTwoRig;
let proxies: FaultyApi[];
let octet = 73;

beforeEach(async () => {
  rig = await startDayTwoRig(++octet);
  proxies = [];
}, 60_000);

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
}, 240_000);

interface Replica {
  stop(): Promise<void>;
  reigns(): number;
}

/** An operator that is started again whenever it has lost the Lease, as its pod would be. */
function startReplica(client: KubeClient, name: string): Replica {
  let [reigns, isStopping] = [0, false];
  let elector: LeaderElector;
  let controllers: Promise<RunningControllers | undefined> = Promise.resolve(undefined);
  const live = (): void => {
    const identity = `${name}-${reigns++}`;
    const timing = { leaseDurationMs: 2500, renewDeadlineMs: 1200, retryPeriodMs: 150 };
    const own = createLeaderElector({
      ...{ client, namespace: SYSTEM_NAMESPACE, name: 'civitas-operator', identity, ...timing },
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
  const end = async (): Promise<void> => {
    await (await controllers)?.stop();
    await elector.stop();
  };
  live();
  return {
    reigns: () => reigns,
    async stop() {
      isStopping = true;
      await end();
    },
  };
}

test(`two operators, each with an API server of its own that fails in every way: one roll, one validator at a time (seed ${seed})`, async () => {
  const replicas = [
    startReplica(await through({ seed, rate: 0.15 }), 'first'),
    startReplica(await through({ seed: seed + 1, rate: 0.15 }), 'second'),
  ];
  try {
    await rig.ask('it', { type: 'Upgrade', version: '0.2.0' });
    expect(await rig.until(isRolled, ROLLED_WITHIN_MS)).toBe(true);
  } finally {
    for (const proxy of proxies) proxy.heal();
    for (const replica of replicas) await replica.stop();
  }
  expectOneRoll();
}, 240_000);

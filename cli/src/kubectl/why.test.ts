import { ApiError, pods } from '@civitas/kube';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import { KINDS } from './objects.ts';
import { aCondition, aNetwork, NAMESPACE, type PluginRig, startPluginRig } from './testing/plugin-rig.ts';
import { whyCommand } from './why.ts';

let rig: PluginRig;
/** A network of its own a test. */
let network: string;
let count = 0;

beforeAll(async () => {
  rig = await startPluginRig(97);
});
afterAll(() => rig.stop());
beforeEach(async () => {
  network = `net${++count}`;
  await aNetwork(rig, network);
  rig.printed();
});

// However long the command took to begin.
const SECONDS = /for \d+s/;

describe('why', () => {
  test('has a line for each condition that is not green: what, why, since when, what to do', async () => {
    const conditions = [
      aCondition('Available', 'True', 'Serving', 'blocks are being made'),
      aCondition('UpdatePending', 'True', 'QuorumWouldBreak', 'net-3 waits: 2 of 4 would vote, 3 are needed', 190_000),
    ];
    await rig.say(KINDS.networks, { name: network }, { observedGeneration: 1, conditions });
    expect(await whyCommand(rig.context(), { names: [network], check: true })).toBe(EXIT.partly);
    expect(rig.printed()).toContain(
      `lnet ${NAMESPACE}/${network}: UpdatePending=True QuorumWouldBreak for 3m: net-3 waits: 2 of 4 would vote, 3 are needed. → Bring the other validators back first`,
    );
  });

  test('says the same of several objects on one line', async () => {
    for (const ordinal of [0, 1, 2, 3]) {
      const conditions = [aCondition('Ready', 'False', 'NoAnswer', 'the node gives no answer')];
      await rig.say(KINDS.nodes, { name: `${network}-${ordinal}` }, { observedGeneration: 1, conditions });
    }
    await whyCommand(rig.context(), { names: [network], check: false });
    expect(rig.printed().replace(/ for \d+s:/, ' for a moment:')).toContain(
      `lnode ${NAMESPACE}/${network}-0, ${network}-1, ${network}-2, ${network}-3: Ready=False NoAnswer for a moment: the node gives no answer. → kubectl civitas logs <node>.`,
    );
  });

  test('names what the operator has not looked at, what its deletion waits for, and a reason it does not know', async () => {
    await rig.make(KINDS.links, 'LedgerLink', `${network}-link`, { from: network, to: 'city' }, { finalizers: ['civitas.dev/drain'] });
    await rig.say(
      KINDS.links,
      { name: `${network}-link` },
      { observedGeneration: 1, conditions: [aCondition('Flowing', 'False', 'FullMoon')] },
    );
    await rig.client.delete(KINDS.links, { namespace: NAMESPACE, name: `${network}-link` });
    const later = rig.context({ nowUnixMs: () => Date.now() + 60_000 });
    await whyCommand(later, { names: [network], check: false });
    const text = rig.printed();
    expect(text).toContain(`lnet ${NAMESPACE}/${network}: Answered=False SpecNotSeen: it has no status yet. → The operator has not looked`);
    expect(text).toContain(`llink ${NAMESPACE}/${network}-link: Deleted=True HeldByFinalizers`);
    expect(text).toContain('it was deleted and is held by civitas.dev/drain');
    expect(text).toMatch(/Flowing=False FullMoon for \d+s\. → This plugin does not know the reason/);
  });

  test('names pods that the cluster keeps from running', async () => {
    const labels = { 'app.kubernetes.io/managed-by': 'civitas-operator' };
    const spec = { containers: [{ name: 'node', image: 'none' }] };
    await rig.client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${network}-0`, namespace: NAMESPACE, labels },
      spec,
    });
    const waiting = {
      name: 'node',
      ready: false,
      restartCount: 3,
      image: '',
      imageID: '',
      state: { waiting: { reason: 'CrashLoopBackOff' } },
    };
    await rig.client.mergePatch(
      pods,
      { namespace: NAMESPACE, name: `${network}-0` },
      { status: { containerStatuses: [waiting] } },
      { subresource: 'status' },
    );
    await whyCommand(rig.context(), { names: [network], check: false });
    expect(rig.printed()).toContain(
      `pod ${NAMESPACE}/${network}-0: Running=False CrashLoopBackOff: container node. → kubectl civitas logs ${network}-0 --previous has its last words.`,
    );
  });

  test('has one line for an operation that waits, with what it waits for', async () => {
    await rig.make(KINDS.operations, 'LedgerOperation', `${network}-lop`, { networkRef: network, type: 'Restart' });
    const conditions = [
      aCondition('Approved', 'True', 'MayBegin'),
      aCondition('Progressing', 'False', 'NetworkPaused', `${network} is paused`),
      aCondition('Complete', 'False', 'NotYet', 'it has not ended'),
    ];
    await rig.say(KINDS.operations, { name: `${network}-lop` }, { observedGeneration: 1, conditions });
    await whyCommand(rig.context(), { names: [`${network}-lop`], check: false });
    expect(rig.printed().replace(SECONDS, 'for 0s')).toBe(
      `lop ${NAMESPACE}/${network}-lop: Complete=False NetworkPaused for 0s: ${network} is paused. → kubectl civitas resume <network>.\n`,
    );
  });

  test('names an operator that is not ready for long: no condition of any object tells that', async () => {
    const labels = { 'app.kubernetes.io/name': 'civitas-operator' };
    const spec = { containers: [{ name: 'operator', image: 'none' }] };
    const name = `${network}-op`;
    const { metadata } = await rig.client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: NAMESPACE, labels },
      spec,
    });
    const aged = (ageMs: number) => rig.context({ nowUnixMs: () => Date.parse(metadata.creationTimestamp) + ageMs });
    await whyCommand(aged(2_000), { names: [name], check: false });
    expect(rig.printed()).toBe(`nothing about ${name} is other than green\n`);
    await whyCommand(aged(45_000), { names: [name], check: false });
    expect(rig.printed()).toContain(`pod ${NAMESPACE}/${name}: Ready=False OperatorNotReady for 45s`);
  });

  test('joins conditions of an object that say the same, and does not count what nobody asked for', async () => {
    const conditions = [
      aCondition('Ready', 'False', 'NoPod', 'no pod'),
      aCondition('Signing', 'False', 'NoPod', 'no pod'),
      aCondition('IdentityReady', 'False', 'IdentityNotInstalled', 'none'),
    ];
    await rig.say(KINDS.nodes, { name: `${network}-0` }, { observedGeneration: 1, conditions });
    await whyCommand(rig.context(), { names: [`${network}-0`], check: true });
    expect(rig.printed().replace(SECONDS, 'for 0s')).toContain(
      `lnode ${NAMESPACE}/${network}-0: Ready, Signing=False NoPod for 0s: no pod. →`,
    );
    await rig.say(KINDS.nodes, { name: `${network}-0` }, { conditions: conditions.slice(2) });
    expect(await whyCommand(rig.context(), { names: [`${network}-0`], check: true })).toBe(EXIT.ok);
    expect(rig.printed()).toContain('IdentityReady=False IdentityNotInstalled');
  });

  test('is empty where everything is green, and says so', async () => {
    await rig.say(KINDS.networks, { name: network }, { observedGeneration: 1, conditions: [aCondition('Available', 'True', 'Serving')] });
    expect(await whyCommand(rig.context(), { names: [network], check: true })).toBe(EXIT.ok);
    expect(rig.printed()).toBe(`nothing about ${network} is other than green\n`);
  });

  test('of a cluster without our kinds is KIND_MISSING', async () => {
    const notFound = new ApiError({ status: 404, reason: 'NotFound', message: 'no such group' });
    const cluster = { ...rig.client, getText: () => Promise.reject(notFound) };
    const context = rig.context({ cluster: async () => cluster });
    await expect(whyCommand(context, { names: [], check: false })).rejects.toMatchObject({ code: 'KIND_MISSING' });
  });
});

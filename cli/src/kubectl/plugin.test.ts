import { ApiError, configMaps, leases, namespaces, pods } from '@civitas/kube';
import type { PodLogSource } from '@civitas/localcluster';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import { abortCommand, approveCommand } from './approve.ts';
import { backupCommand, restoreCommand, restoreNodeCommand, targetOf } from './backup.ts';
import { certsCommand } from './certs.ts';
import { explainCommand } from './explain.ts';
import { linksCommand } from './links.ts';
import { logsCommand } from './logs.ts';
import { KINDS } from './objects.ts';
import { operateCommand } from './operate.ts';
import { planCommand } from './plan.ts';
import { readable } from './readable.ts';
import { statusCommand } from './status.ts';
import { switchCommand } from './switch-network.ts';
import { aCondition, aNetwork, NAMESPACE, type PluginRig, startPluginRig } from './testing/plugin-rig.ts';

const logSource: PodLogSource = {
  async *readLog({ container, tailLines, previous }) {
    yield `${previous ? 'before ' : ''}${container} says 1`;
    yield `and 2 of ${tailLines}`;
  },
};
const WAIT = { wait: true, timeoutSeconds: 20, manual: false };
const LEAVE = { ...WAIT, wait: false };
const SWITCH = { wait: false, timeoutSeconds: 20, yes: false };

let rig: PluginRig;
/** A network of its own a test. */
let network: string;
let count = 0;

beforeAll(async () => {
  rig = await startPluginRig(95, logSource);
});
afterAll(() => rig.stop());
beforeEach(async () => {
  network = `net${++count}`;
  await aNetwork(rig, network);
  rig.printed();
});

const operations = async () => (await rig.client.listAll(KINDS.operations)).items.filter(({ spec }) => spec.networkRef === network);
const said = (error: unknown): { code?: string; message?: string } => readable(error) as { code?: string; message?: string };
const failure = async (call: Promise<unknown>): Promise<{ code?: string; message?: string }> => {
  try {
    await call;
  } catch (error) {
    return said(error);
  }
  throw new Error('it should have failed');
};

describe('status', () => {
  test('shows city, operator, networks, unwell nodes and how much is not green', async () => {
    const validators = { inSet: 4, ready: 3, caughtUp: 3, quorum: 3, faultTolerance: 1, spareFaults: 0, summary: '3/4' };
    const certificates = { earliestExpiry: new Date(Date.now() + 20.5 * 86_400_000).toISOString(), node: `${network}-0` };
    const status = { observedGeneration: 1, phase: 'Available', engine: 'cometbft', validators, height: 7, release: '0.1.0', certificates };
    await rig.say(
      KINDS.networks,
      { name: network },
      { ...status, conditions: [aCondition('FullRedundancy', 'False', 'ValidatorsMissing')] },
    );
    await rig.say(KINDS.nodes, { name: `${network}-3` }, { phase: 'NoAnswer', lagBlocks: 4, unwell: 'node: no answer' });
    expect(await statusCommand(rig.context(), [network])).toBe(EXIT.ok);
    const text = rig.printed();
    expect(text).toMatch(/operator +nobody leads/);
    expect(text).toMatch(new RegExp(`${network} +jincheng +Available +cometbft +3/4 +0 +7 +0\\.1\\.0 +in 20d +none`));
    expect(text).toMatch(new RegExp(`${network}-3 +validator +NoAnswer +4 +node: no answer`));
    expect(text).toMatch(/not green: kubectl civitas why/);
  });

  test('says how old the last backup is that was verified', async () => {
    const time = new Date(Date.now() - 3 * 3_600_000).toISOString();
    const lastVerifiedBackup = { name: 'nightly', time, height: 7 };
    const status = {
      observedGeneration: 1,
      phase: 'Available',
      lastVerifiedBackup,
      conditions: [aCondition('Available', 'True', 'Serving')],
    };
    await rig.say(KINDS.networks, { name: network }, status);
    await statusCommand(rig.context(), [network]);
    expect(rig.printed()).toMatch(new RegExp(`${network} +jincheng +Available .*3h ago`));
  });

  test('says who leads, and counts as nobody whoever has not renewed for a minute', async () => {
    await rig.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'civitas-system' } });
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'civitas-system', name: 'civitas-operator' },
    };
    await rig.client.create(leases, { ...lease, spec: { holderIdentity: 'op-1', leaseDurationSeconds: 15, renewTime } });
    await statusCommand(rig.context(), [network]);
    expect(rig.printed()).toMatch(/operator +op-1 leads/);
    await statusCommand(rig.context({ nowUnixMs: () => Date.now() + 120_000 }), [network]);
    expect(rig.printed()).toMatch(/operator +nobody leads since 2m/);
  });

  test('leads to the dashboards of the Grafana that the installation names', async () => {
    const made = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'civitas-system', name: 'civitas-console' },
      data: { 'config.json': JSON.stringify({ grafanaUrl: 'https://grafana.city.example/g/' }) },
    };
    await rig.client.create(configMaps, made);
    await statusCommand(rig.context(), []);
    expect(rig.printed()).toContain('look at   https://grafana.city.example/g/d/civitas-city\n');
    await statusCommand(rig.context(), [network]);
    expect(rig.printed()).toMatch(/look at {3}https:\/\/grafana\.city\.example\/g\/d\/civitas-network\?var-network=[a-z0-9-]+\n/);
  });

  test('with -o json is one document', async () => {
    await statusCommand(rig.context({ json: true }), [network]);
    expect(JSON.parse(rig.printed())).toMatchObject({ networks: [{ metadata: { name: network } }] });
  });
});

describe('operations', () => {
  test('are LedgerOperations that the server has checked', async () => {
    await operateCommand(rig.context(), { network }, { type: 'Restart', nodes: [`${network}-1`] }, LEAVE);
    await operateCommand(rig.context(), { nodes: [`${network}-2`] }, { type: 'Fence' }, { ...LEAVE, manual: true });
    expect((await operations()).map(({ spec }) => spec).sort((left, right) => (left.type < right.type ? -1 : 1))).toEqual([
      { networkRef: network, type: 'Fence', nodes: [`${network}-2`], approval: 'Manual' },
      { networkRef: network, type: 'Restart', nodes: [`${network}-1`] },
    ]);
    expect(rig.printed()).toMatch(/it waits for: kubectl civitas approve net\d+-fence-/);
  });

  test('are not kept with --dry-run', async () => {
    await operateCommand(rig.context({ dryRun: true }), { network }, { type: 'Restart' }, WAIT);
    expect(await operations()).toEqual([]);
    expect(rig.printed()).toContain(`would ask for Restart of ${network}`);
  });

  test('that break a rule are refused with the rule’s own words', async () => {
    const wrong = operateCommand(rig.context(), { network }, { type: 'ExpandStorage' }, LEAVE);
    expect(await failure(wrong)).toMatchObject({
      code: 'CLUSTER_REFUSED',
      message: 'refused: ExpandStorage names the storageSize to grow to, and nothing else does',
      exitCode: EXIT.refused,
    });
  });

  test('on what is not there are usage, and name what is', async () => {
    expect(await failure(operateCommand(rig.context(), { network: 'water' }, { type: 'Restart' }, LEAVE))).toMatchObject({
      ...{ code: 'USAGE', message: expect.stringMatching(/no ledgernetwork 'water'; there are .*jincheng\/net1/) },
    });
    const foreign = operateCommand(rig.context(), { network }, { type: 'Restart', nodes: ['net0-9'] }, LEAVE);
    expect((await failure(foreign)).message).toContain(`has no node net0-9; its nodes are ${network}-0`);
    await aNetwork(rig, `${network}b`);
    const two = operateCommand(rig.context(), { nodes: [`${network}-0`, `${network}b-0`] }, { type: 'Fence' }, LEAVE);
    expect((await failure(two)).message).toContain('one operation is done to one network');
  });

  /** Ends the network's operation as soon as it is there. */
  const endOperation = async (status: object): Promise<void> => {
    for (;;) {
      const [made] = await operations();
      if (made === undefined) await new Promise((resolve) => setImmediate(resolve));
      else return rig.say(KINDS.operations, { name: made.metadata.name }, { finishedAt: new Date().toISOString(), ...status });
    }
  };

  test('are followed to their end with --wait', async () => {
    const ended = endOperation({ phase: 'Done', progress: '4/4', conditions: [aCondition('Complete', 'True', 'Completed', 'all done')] });
    expect(await operateCommand(rig.context(), { network }, { type: 'Restart' }, WAIT)).toBe(EXIT.ok);
    await ended;
    expect(rig.printed()).toMatch(/: Done 4\/4: all done\n$/);
  });

  test('that end otherwise are OPERATION_UNDONE, and one that does not end is WAIT_TIMED_OUT', async () => {
    const ended = endOperation({ phase: 'Aborted', message: 'a person aborted it' });
    expect(await failure(operateCommand(rig.context(), { network }, { type: 'Restart' }, WAIT))).toMatchObject({
      ...{ code: 'OPERATION_UNDONE', message: expect.stringContaining('Aborted: a person aborted it'), exitCode: EXIT.refused },
    });
    await ended;
    const late = operateCommand(rig.context(), { network }, { type: 'Restart' }, { ...WAIT, timeoutSeconds: 0 });
    expect(await failure(late)).toMatchObject({ code: 'WAIT_TIMED_OUT', exitCode: EXIT.timedOut });
  });

  test('with approval Manual are approved once, others need nobody; aborts begin no further step', async () => {
    await operateCommand(rig.context(), { network }, { type: 'Restart' }, { ...LEAVE, manual: true });
    const [made] = await operations();
    const name = made?.metadata.name ?? '';
    await approveCommand(rig.context(), name);
    await abortCommand(rig.context(), name);
    expect((await operations())[0]?.spec).toMatchObject({ approved: true, abort: true });
    await rig.say(KINDS.operations, { name }, { phase: 'Aborted', finishedAt: new Date().toISOString() });
    expect((await failure(approveCommand(rig.context(), name))).message).toContain('is over: Aborted');
    expect((await failure(approveCommand(rig.context(), 'nobody'))).message).toBe(
      "there is no LedgerOperation or ValidatorChange 'nobody'",
    );
    const spec = { networkRef: network, changes: [{ type: 'Remove', node: `${network}-3` }] };
    await rig.make(KINDS.changes, 'ValidatorChange', `${network}-less`, spec);
    expect((await failure(approveCommand(rig.context(), `${network}-less`))).message).toContain('waits for no person');
    await rig.make(KINDS.changes, 'ValidatorChange', `${network}-manual`, { ...spec, approval: 'Manual' });
    expect(await approveCommand(rig.context(), `${network}-manual`)).toBe(EXIT.ok);
  });
});

describe('backups', () => {
  test('go where they are told, else where the last one went', async () => {
    const flags = { wait: false, timeoutSeconds: 20 };
    expect((await failure(backupCommand(rig.context(), network, flags))).message).toContain('has neither a schedule nor a backup yet');
    await backupCommand(rig.context(), network, { ...flags, claim: 'backups', path: 'ledgers' });
    await backupCommand(rig.context(), network, flags);
    const made = (await rig.client.listAll(KINDS.backups)).items.filter(({ spec }) => spec.networkRef === network);
    expect(made.map(({ spec }) => spec.target)).toEqual([
      { volume: { claimName: 'backups', path: 'ledgers' } },
      { volume: { claimName: 'backups', path: 'ledgers' } },
    ]);
  });

  test('name one whole place', () => {
    expect(targetOf({ s3: 'https://s3.test', bucket: 'city', secret: 'key', path: 'a', region: 'r' })).toEqual({
      s3: { endpoint: 'https://s3.test', bucket: 'city', prefix: 'a', region: 'r', credentialsSecretRef: { name: 'key' } },
    });
    expect(targetOf({})).toBeUndefined();
    expect(() => targetOf({ s3: 'https://s3.test' })).toThrow('--s3 goes with --bucket and --secret');
    expect(() => targetOf({ path: 'a' })).toThrow('name the place');
    expect(() => targetOf({ claim: 'a', s3: 'b' })).toThrow('name one place');
  });

  test('are followed to their end, and restored as another chain', async () => {
    const target = { volume: { claimName: 'backups' } };
    await rig.make(KINDS.backups, 'LedgerBackup', `${network}-b`, { networkRef: network, target });
    const flags = { chainId: 'jincheng-again-2', validators: 4, wait: true, timeoutSeconds: 20 };
    const restoring = restoreCommand(rig.context(), { backup: `${network}-b`, name: `${network}-again` }, flags);
    for (let made: string | undefined; made === undefined; ) {
      made = (await rig.client.listAll(KINDS.restores)).items.find(({ spec }) => spec.network?.name === `${network}-again`)?.metadata.name;
      const conditions = [aCondition('Complete', 'False', 'Failed', 'the backup is of another chain')];
      if (made !== undefined)
        await rig.say(KINDS.restores, { name: made }, { phase: 'Failed', finishedAt: new Date().toISOString(), conditions });
    }
    expect(await failure(restoring)).toMatchObject({
      ...{ code: 'OPERATION_UNDONE', message: expect.stringContaining('Failed: the backup is of another chain') },
    });
    const wrong = restoreCommand(rig.context(), { backup: `${network}-b`, name: 'x' }, { ...flags, chainId: 'NoChain' });
    expect(await failure(wrong)).toMatchObject({ code: 'CLUSTER_REFUSED' });
  });

  test('are what a fenced node is rebuilt from', async () => {
    await rig.make(KINDS.backups, 'LedgerBackup', `${network}-n`, { networkRef: network, target: { volume: { claimName: 'backups' } } });
    await restoreNodeCommand(rig.context(), { backup: `${network}-n`, node: `${network}-2` }, { wait: false, timeoutSeconds: 20 });
    const { items } = await rig.client.listAll(KINDS.restores);
    expect(items.flatMap(({ spec }) => spec.node ?? [])).toEqual([{ networkRef: network, name: `${network}-2` }]);
  });
});

describe('plan', () => {
  test('shows the steps of what is under way, with the margin at each', async () => {
    const validators = { inSet: 4, ready: 4, caughtUp: 4, quorum: 3, faultTolerance: 1, spareFaults: 1, summary: '4/4' };
    await rig.say(KINDS.networks, { name: network }, { phase: 'Available', validators });
    const spec = { networkRef: network, type: 'Restart' };
    await rig.make(KINDS.operations, 'LedgerOperation', `${network}-restart`, spec);
    const plan = [
      { ordinal: 1, node: `${network}-3`, spareFaults: 0, state: 'Done' },
      { ordinal: 2, node: `${network}-2`, spareFaults: -1, state: 'Waiting' },
    ];
    await rig.say(
      KINDS.operations,
      { name: `${network}-restart` },
      { phase: 'Running', progress: '1/4', message: 'waits for a node', plan },
    );
    await planCommand(rig.context(), network);
    const text = rig.printed();
    expect(text).toContain(`${NAMESPACE}/${network}: Available; 4/4 validators serve, 3 are needed, 1 more may fail`);
    expect(text).toContain(`LedgerOperation ${network}-restart: Running 1/4: waits for a node`);
    expect(text).toMatch(new RegExp(`2 +${network}-2 +Waiting +none: the quorum would be lost by 1`));
  });
});

describe('switches', () => {
  test('hibernate asks for --yes; wake, pause and resume do not', async () => {
    expect((await failure(switchCommand(rig.context(), 'hibernate', network, SWITCH))).message).toMatch(
      /the same command with --yes does it/,
    );
    await switchCommand(rig.context(), 'hibernate', network, { ...SWITCH, yes: true });
    await switchCommand(rig.context(), 'pause', network, SWITCH);
    await switchCommand(rig.context(), 'pause', network, SWITCH);
    const { spec } = await rig.client.get(KINDS.networks, { namespace: NAMESPACE, name: network });
    expect(spec).toMatchObject({ hibernated: true, paused: true });
    expect(rig.printed()).toMatch(/goes to sleep[\s\S]*is paused[\s\S]*has spec.paused: true already/);
  });

  test('with --wait are followed until the operator says so', async () => {
    const waiting = switchCommand(rig.context(), 'pause', network, { ...SWITCH, wait: true });
    await rig.say(
      KINDS.networks,
      { name: network },
      { observedGeneration: 2, phase: 'Paused', conditions: [aCondition('Paused', 'True', 'AskedFor')] },
    );
    expect(await waiting).toBe(EXIT.ok);
  });
});

describe('looks', () => {
  test('certs puts the soonest first and marks it', async () => {
    const at = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
    await rig.say(KINDS.nodes, { name: `${network}-0` }, { certNotAfter: at(60.5) });
    await rig.say(KINDS.nodes, { name: `${network}-1` }, { certNotAfter: at(3.5) });
    await certsCommand(rig.context(), network);
    const rows = rig.printed().split('\n');
    expect(rows[1]).toMatch(/not known: the node does not answer +!$/);
    expect(rows[3]).toMatch(new RegExp(`^${network}-1 .* in 3d +!$`));
    expect(rows[4]).toMatch(new RegExp(`^${network}-0 .* in 60d$`));
  });

  test('links shows what each end knows of the other', async () => {
    await rig.make(KINDS.links, 'LedgerLink', `${network}-city`, { from: network, to: 'city' });
    const side = { clientStatus: 'Active', clientHeight: 12, lastSequence: 3, inFlight: 1, oldestPendingAgeMs: 4000 };
    const status = { phase: 'Flowing', lastSequence: 3, inFlight: 1, oldestPendingAge: '4s', from: side, to: { ...side, clientHeight: 9 } };
    await rig.say(KINDS.links, { name: `${network}-city` }, { ...status, conditions: [aCondition('Flowing', 'True', 'Relaying')] });
    await linksCommand(rig.context(), [network]);
    expect(rig.printed()).toMatch(new RegExp(`${network}-city +${network} +city +Flowing +3 +1 +4s +Active@12 Active@9`));
  });

  test('logs of a node are bare, those of a network are led by pod and container', async () => {
    const labels = { 'civitas.dev/network': network };
    for (const name of [`${network}-0`, `${network}-1`]) {
      const spec = { containers: [{ name: 'node', image: 'none' }] };
      await rig.client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE, labels }, spec });
    }
    const options = { follow: false, previous: false, container: undefined, tailLines: 20 };
    await logsCommand(rig.context(), `${network}-0`, options);
    expect(rig.printed()).toBe('node says 1\nand 2 of 20\n');
    await logsCommand(rig.context(), network, options);
    expect(rig.printed().split('\n').sort()[2]).toBe(`${network}-0/node node says 1`);
    await logsCommand(rig.context({ json: true }), `${network}-0`, options);
    const lines = ['node says 1', 'and 2 of 20'];
    expect(JSON.parse(rig.printed())).toEqual({ logs: [{ namespace: NAMESPACE, pod: `${network}-0`, container: 'node', lines }] });
    const endless = logsCommand(rig.context({ json: true }), network, { ...options, follow: true });
    expect((await failure(endless)).message).toContain('-o json is one document');
    expect((await failure(logsCommand(rig.context(), `${network}-0`, { ...options, container: 'engine' }))).message).toContain(
      'there are node',
    );
    expect((await failure(logsCommand(rig.context(), 'nothing', options))).message).toContain("no pod is called 'nothing'");
  });

  test('explain knows conditions and reasons, and what somebody may have meant', async () => {
    const { terminal } = rig.context();
    expect(explainCommand(terminal, 'UpdatePending')).toBe(EXIT.ok);
    expect(rig.printed()).toContain('UpdatePending (condition, False when all is well)');
    expect(() => explainCommand(terminal, 'quorum')).toThrow(/did you mean .*QuorumWouldBreak/);
  });
});

test('a call that a person has no right to is refused in the server’s words, one that finds no server is a fault', () => {
  const forbidden = new ApiError({ status: 403, reason: 'Forbidden', message: 'ledgernetworks is forbidden: User "eve" cannot list' });
  expect(said(forbidden)).toMatchObject({ code: 'CLUSTER_REFUSED', message: expect.stringContaining('User "eve" cannot list') });
  const away = new ApiError({ status: 0, reason: 'ConnectionFailed', message: 'ECONNREFUSED' });
  expect(said(away)).toMatchObject({ code: 'CALL_FAILED', exitCode: EXIT.fault });
  const bug = new Error('a bug');
  expect(readable(bug)).toBe(bug);
  const causes = [{ field: 'spec', message: 'Invalid value: "object": too few' }];
  const invalid = new ApiError({ status: 422, reason: 'Invalid', message: 'long', causes });
  expect(said(invalid).message).toBe('refused: too few');
});

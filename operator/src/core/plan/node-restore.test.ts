import { describe, expect, test } from '@jest/globals';
import { nodePod } from '../desired/node-pod.ts';
import type { BackupReference } from '../resources/backup-target.ts';
import type { LedgerNode } from '../resources/ledger-node.ts';
import type { LedgerRestoreStatus } from '../resources/ledger-restore.ts';
import { aCity, aKey, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { effectiveNetwork } from './effective-network.ts';
import { mayRestoreNode, type ObservedNodeRestore, stepOfNodeRestore } from './node-restore.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { planRestored } from './restored-nodes.ts';
import { underOrders } from './under-orders.ts';

const UID = 'uid-restore';
const TARGET = { volume: { claimName: 'backups' } };
const FACTS = {
  folder: 'jincheng-city-1/000000000007-0123456789abcdef',
  chainId: 'jincheng-city-1',
  genesisHash: aKey(9),
  height: 7,
  appHash: aKey(8),
};
const FROM: BackupReference = { target: TARGET, ...FACTS };

function node(name: string, spec: Partial<LedgerNode['spec']> = {}, status: NonNullable<LedgerNode['status']> = {}): LedgerNode {
  const one = aNode(name, { height: 20, ...status });
  return { ...one, spec: { ...one.spec, ...spec } };
}

const peers = [node('city-1'), node('city-2'), node('city-3')];
const fenced = node('city-0', { fenced: true });

function observed(facts: Partial<ObservedNodeRestore> = {}): ObservedNodeRestore {
  const chain = { chainId: 'jincheng-city-1', genesisHash: aKey(9), engine: 'cometbft' } as const;
  return { uid: UID, networkRef: 'city', node: 'city-0', chain, nodes: [fenced, ...peers], pod: undefined, ...facts };
}

const chainWith = (facts: object): ObservedNodeRestore['chain'] => ({
  chainId: 'jincheng-city-1',
  genesisHash: aKey(9),
  engine: 'cometbft',
  ...facts,
});
const step = (facts: Partial<ObservedNodeRestore>, status: LedgerRestoreStatus = FACTS) =>
  stepOfNodeRestore(observed(facts), TARGET, status);

describe('a node that is to be rebuilt from a backup', () => {
  test.each<[string, string, Partial<ObservedNodeRestore>]>([
    ['wait', 'NetworkUnknown', { chain: undefined }],
    ['refuse', 'NodeUnknown', { node: 'city-9' }],
    ['refuse', 'NoPeers', { chain: chainWith({ engine: 'embedded' }) }],
    ['refuse', 'NotFenced', { nodes: [node('city-0'), ...peers] }],
    ['wait', 'FenceUnderWay', { nodes: [node('city-0', { fenced: true }, { signing: true }), ...peers] }],
    ['wait', 'NoPeers', { nodes: [fenced, node('city-1', { fenced: true })] }],
  ])('has to %s: %s', (type, reason, facts) => {
    expect(mayRestoreNode(observed(facts))).toMatchObject({ type, reason });
    expect(step(facts)).toMatchObject({ type, reason });
  });

  test.each<[string, string, Partial<ObservedNodeRestore>, LedgerRestoreStatus]>([
    ['refuse', 'AnotherChain', { chain: chainWith({ chainId: 'jincheng-city-2' }) }, FACTS],
    ['refuse', 'AnotherChain', { chain: chainWith({ genesisHash: aKey(7) }) }, FACTS],
    ['refuse', 'BackupUnreadable', {}, {}],
    ['wait', 'BackupAhead', {}, { ...FACTS, height: 20 }],
    ['refuse', 'Superseded', { nodes: [node('city-0', { rebuild: 'later' }), ...peers] }, { ...FACTS, orderedAt: '2026-01-01T00:00:00Z' }],
  ])('with a verified backup has to %s: %s', (type, reason, facts, status) => {
    expect(step(facts, status)).toMatchObject({ type, reason });
  });

  test('is let go and told of the backup in one write, and is done once the backup is needed no more', () => {
    expect(mayRestoreNode(observed())).toEqual({ type: 'go' });
    expect(step({})).toEqual({ type: 'order', order: { fenced: false, rebuild: UID, restoreFrom: FROM } });
    const told = node('city-0', { rebuild: UID, restoreFrom: FROM }, { height: 9 });
    const says = (pod: ObservedNodeRestore['pod']) => JSON.stringify(step({ nodes: [told, ...peers], pod }));
    expect(says(undefined)).toMatch(/CatchingUp.*is to get a pod/);
    expect(says({ rebuild: UID, waitsFor: 'TARGET_BUCKET no bucket' })).toMatch(/CatchingUp.*TARGET_BUCKET/);
    expect(says({ rebuild: UID, waitsFor: '' })).toMatch(/CatchingUp.*is at block 9/);
    expect(step({ nodes: [node('city-0', { rebuild: UID }), ...peers] })).toMatchObject({ type: 'done', reason: 'Complete' });
  });
});

const POOLS = [{ name: 'validators', role: 'validator' as const, replicas: 4 }];

function network(ledgerNode: LedgerNode, spec: object = {}, facts: Partial<ObservedNetwork> = {}) {
  const asked = aNetwork({ engine: 'cometbft', pools: POOLS, ...spec });
  const volume = { requested: '1Gi', capacity: '1Gi', storageClass: undefined, problem: undefined };
  const seen = { ledgerNode, certificate: undefined, pod: undefined, answer: undefined, address: undefined, heard: true, volume };
  const all = anObservation({ network: asked, nodes: { 'city-0': seen }, ...facts });
  return { all, ...underOrders(all, effectiveNetwork(asked, aCity(), [anAgency('civil-affairs')])) };
}

const podOf = (ledgerNode: LedgerNode, spec: object = {}) => {
  const { effective } = network(ledgerNode, spec);
  const [first] = effective.nodes;
  if (first === undefined) throw new Error('no node');
  const { spec: pod } = JSON.parse(JSON.stringify(nodePod(effective, first, 'hash')));
  const containers: readonly { readonly name: string; readonly args: readonly string[] }[] = pod.initContainers ?? [];
  return containers.map(({ name, args }) => [name, JSON.parse(args[1] ?? '{}').task.type]);
};

describe('the pod of a node', () => {
  const born = { genesis: { fromBackup: { ...FROM, chainId: 'jincheng-old-1' } } };

  test('fetches the backup that it is rebuilt from, and no later pod does', () => {
    expect(podOf(node('city-0', { rebuild: UID, restoreFrom: FROM }))).toEqual([['restore', 'replace']]);
    expect(podOf(node('city-0', { rebuild: UID }))).toEqual([]);
  });

  test('fetches what its chain is born from until it has had a block, and again when it drops that', () => {
    expect(podOf(aNode('city-0'), born)).toEqual([['origin', 'fetch']]);
    expect(podOf(node('city-0'), born)).toEqual([]);
    expect(podOf(node('city-0', { rebuild: UID }), born)).toEqual([['origin', 'fetch']]);
    expect(podOf(node('city-0', { rebuild: UID }, { height: 9, rebuilt: UID }), born)).toEqual([]);
    expect(podOf(node('city-0', { rebuild: UID, restoreFrom: FROM }), born)).toEqual([['restore', 'replace']]);
  });

  test('of a restored node waits for no window; once it serves at the head its backup is taken out of the spec', () => {
    const ledgerNode = node('city-0', { rebuild: UID, restoreFrom: FROM });
    expect([...network(ledgerNode).orders.demanded]).toEqual(['city-0']);
    const answer = { phase: 'Serving', signing: true, caughtUp: true, halted: false } as NonNullable<
      ObservedNetwork['nodes'][string]['answer']
    >;
    const pod = { ready: true, rebuild: UID } as NonNullable<ObservedNetwork['nodes'][string]['pod']>;
    const seen = { ledgerNode, certificate: undefined, pod, answer, address: undefined, heard: true };
    const { all, effective } = network(ledgerNode, {}, { nodes: { 'city-0': seen } });
    expect(planRestored(all, effective)).toEqual([{ type: 'orderNode', node: 'city-0', order: { restoreFrom: null } }]);
    const behind = { ...all, nodes: { 'city-0': { ...seen, answer: { ...answer, caughtUp: false } } } };
    expect(planRestored(behind, effective)).toEqual([]);
  });
});

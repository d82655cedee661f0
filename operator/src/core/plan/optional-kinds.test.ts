import { nodeCrypto } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import { authorityRequest, podMonitor, upgradeSnapshot, upgradeSnapshotName } from '../desired/optional-objects.ts';
import { aCity, aKey, aNetwork, anAgency, anObservation } from '../testing/builders.ts';
import { effectiveNetwork } from './effective-network.ts';
import { planNetwork } from './network-plan.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { optionalVerdicts, planMonitor, planSnapshot } from './optional-kinds.ts';

const { sha256 } = nodeCrypto;
const effective = (spec: Parameters<typeof aNetwork>[0]) => effectiveNetwork(aNetwork(spec), aCity(), [anAgency('civil-affairs')]);
const monitored = { observability: { podMonitor: { labels: [{ name: 'release', value: 'prometheus' }] } } };
const issued = { tls: { issuerRef: { name: 'ledgers' } } };
const snapshots = { updateStrategy: { snapshots: { className: 'fast' } }, release: { version: '0.2.0' } };

describe('a network that is to be watched', () => {
  test('has a PodMonitor of its own, with its engine where it has one', () => {
    const network = effective({ ...monitored, engine: 'cometbft' });
    const manifest = podMonitor(network, network.podMonitor ?? { intervalSeconds: 0, labels: {} });
    expect(manifest).toMatchObject({
      ...{ apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor' },
      metadata: { name: 'city', namespace: 'jincheng', labels: { release: 'prometheus', 'civitas.dev/network': 'city' } },
      spec: {
        selector: { matchLabels: { 'civitas.dev/network': 'city' } },
        podMetricsEndpoints: [
          { port: 'metrics', interval: '15s' },
          { port: 'engine-metrics', interval: '15s' },
        ],
      },
    });
    expect(manifest.metadata.ownerReferences).toHaveLength(1);
  });

  test('says when the cluster knows no such kind, and takes it away only where it stood', () => {
    const network = effective(monitored);
    expect(optionalVerdicts(anObservation(), network)).toMatchObject([{ type: 'Monitored', status: 'True', reason: 'MonitorStands' }]);
    const absent = optionalVerdicts(anObservation({ absentKinds: ['PodMonitor'] }), network);
    expect(absent).toMatchObject([{ type: 'Monitored', status: 'False', reason: 'KindNotServed' }]);
    expect(absent[0]?.message).toContain('install the Prometheus operator');
    expect(planMonitor(anObservation(), effective({}))).toEqual([]);
    const condition = { type: 'Monitored', status: 'True', reason: 'MonitorStands', message: '', lastTransitionTime: '' } as const;
    expect(planMonitor(anObservation({ network: aNetwork({}, { conditions: [condition] }) }), effective({}))).toEqual([
      { type: 'dropMonitor' },
    ]);
    expect(optionalVerdicts(anObservation(), effective({}))).toEqual([]);
  });
});

describe('a network whose authority another one issues', () => {
  const observe = (facts: Partial<ObservedNetwork> = {}) =>
    planNetwork(anObservation({ network: aNetwork(issued), hasAuthority: false, ...facts }), sha256);

  test('asks for a P-256 authority in the operator’s namespace, and makes none itself', () => {
    const network = effective(issued);
    expect(authorityRequest(network, network.issuer ?? { name: '', kind: '', group: '' }, 2)).toMatchObject({
      ...{ apiVersion: 'cert-manager.io/v1', kind: 'Certificate' },
      metadata: { name: 'issued.jincheng.city.2', namespace: 'civitas-system' },
      spec: {
        ...{ isCA: true, secretName: 'issued.jincheng.city.2', privateKey: { algorithm: 'ECDSA', size: 256, encoding: 'PKCS8' } },
        issuerRef: { name: 'ledgers', kind: 'ClusterIssuer', group: 'cert-manager.io' },
      },
    });
    const plan = observe();
    expect(plan.actions).toEqual([{ type: 'requestAuthority' }]);
    expect(plan.waiting?.reason).toBe('AuthorityRequested');
  });

  test('says that cert-manager is missing, or what is wrong with what it gave', () => {
    expect(observe({ absentKinds: ['Certificate'] }).waiting).toMatchObject({ reason: 'KindNotServed' });
    expect(observe({ authorityProblem: 'its key is no P-256 key' }).waiting).toEqual({
      ...{ reason: 'AuthorityUnusable', message: 'its key is no P-256 key' },
    });
  });
});

describe('a volume before another release writes to it', () => {
  const network = effective(snapshots);
  const [node] = network.nodes;
  if (node === undefined) throw new Error('a network has a node');
  const next = { node, pod: { name: 'city-0', uid: 'pod' }, reason: 'release' };
  const name = upgradeSnapshotName('city-0', network.nodeImage);
  const observed = (image: string, facts: Partial<ObservedNetwork> = {}): ObservedNetwork => {
    const pod = { name: 'city-0', uid: 'pod', ip: undefined, running: true, ready: true, deleting: false, finished: false };
    const answer = { ledgerNode: undefined, certificate: undefined, answer: undefined, address: undefined, heard: true };
    return anObservation({ nodes: { 'city-0': { ...answer, pod: { ...pod, configHash: undefined, image } } }, ...facts });
  };

  test('is snapshotted once, under a name of node and release', () => {
    expect(name).toBe('city-0-before-0-2-0');
    expect(upgradeSnapshotName('city-0', `civitas.dev/node@sha256:${'AB'.repeat(32)}`)).toBe('city-0-before-abababababab');
    expect(upgradeSnapshot(network, 'city-0', 'fast')).toMatchObject({
      metadata: { name, namespace: 'jincheng' },
      spec: { volumeSnapshotClassName: 'fast', source: { persistentVolumeClaimName: 'city-0-data' } },
    });
    expect(upgradeSnapshot(network, 'city-0', undefined).metadata.ownerReferences).toBeUndefined();
  });

  test('says whether the consensus key lies in it', () => {
    const elsewhere = network.nodes.map((one) => ({ ...one, remoteSigner: { node: one.name, publicKey: aKey(50) } }));
    const manifests = [network, { ...network, nodes: elsewhere }].map((one) => upgradeSnapshot(one, 'city-0', undefined));
    expect(manifests.map(({ metadata }) => metadata.annotations?.['civitas.dev/holds-consensus-key'])).toEqual(['true', 'false']);
  });

  test('keeps the pod until it is ready, and its trouble is told', () => {
    const action = { type: 'snapshotVolume', node: 'city-0', name };
    expect(planSnapshot(observed('old'), network, next)).toMatchObject({ action, pending: { reason: 'SnapshotPending' } });
    expect(planSnapshot(observed('old', { snapshots: { [name]: 'pending' } }), network, next)).toMatchObject({ action });
    const failed = planSnapshot(observed('old', { snapshots: { [name]: { problem: 'no class' } } }), network, next);
    expect(failed).toMatchObject({ action, pending: { reason: 'SnapshotFailed', message: `VolumeSnapshot ${name}: no class` } });
    expect(planSnapshot(observed('old', { snapshots: { [name]: 'ready' } }), network, next)).toEqual({
      action: undefined,
      pending: undefined,
    });
  });

  test('is left alone when the release stays, when nobody asks, and upgrades go on where none can be had', () => {
    const nothing = { action: undefined, pending: undefined };
    expect(planSnapshot(observed(network.nodeImage), network, next)).toEqual(nothing);
    expect(planSnapshot(observed('old'), effective({}), next)).toEqual(nothing);
    expect(planSnapshot(observed('old'), network, undefined)).toEqual(nothing);
    const absent = observed('old', { absentKinds: ['VolumeSnapshot'] });
    expect(planSnapshot(absent, network, next).pending).toBeUndefined();
    const probe = { action: { type: 'probeSnapshots', node: 'city-0' }, pending: undefined };
    expect(planSnapshot(absent, network, undefined)).toEqual(probe);
    expect(planSnapshot(absent, effective({}), undefined)).toEqual(nothing);
    expect(optionalVerdicts(absent, network)).toMatchObject([{ type: 'SnapshotsPossible', status: 'False', reason: 'KindNotServed' }]);
    expect(optionalVerdicts(observed('old'), network)).toMatchObject([
      { type: 'SnapshotsPossible', status: 'True', reason: 'SnapshotsTaken' },
    ]);
  });
});

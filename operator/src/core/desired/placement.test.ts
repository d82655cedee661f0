import { expect, test } from '@jest/globals';
import { effectiveNetwork } from '../plan/effective-network.ts';
import { aCity, aNetwork, anAgency } from '../testing/builders.ts';
import { nodeConfigOf } from './node-config.ts';
import { nodePod } from './node-pod.ts';
import { placementText } from './placement.ts';

type Spec = Parameters<typeof aNetwork>[0];
interface PodSpec {
  readonly topologySpreadConstraints: readonly object[];
  readonly containers: readonly { readonly name: string; readonly resources: object }[];
}

function firstOf(spec: Spec) {
  const network = effectiveNetwork(aNetwork(spec), aCity({ engine: 'cometbft', validatorsPerNetwork: 4 }), [anAgency('civil-affairs')]);
  const [node] = network.nodes;
  if (node === undefined) throw new Error('no node');
  return { network, node, pod: nodePod(network, node, 'hash')['spec'] as PodSpec };
}
const aPool = (asked: object) => ({ pools: [{ name: 'validators', role: 'validator' as const, ...asked }] });

test('validators of one network go to different hosts as well as there are any, unless their pool says otherwise', () => {
  const labelSelector = { matchLabels: { 'civitas.dev/network': 'city', 'civitas.dev/role': 'validator' } };
  expect(firstOf({}).pod.topologySpreadConstraints).toEqual([
    { topologyKey: 'kubernetes.io/hostname', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector },
  ]);
  const zones = { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' as const };
  expect(firstOf(aPool({ topologySpread: zones })).pod.topologySpreadConstraints).toEqual([{ ...zones, labelSelector }]);
});

test('a pool says what node and engine need; what it leaves out stays as it was', () => {
  const node = { requests: { cpu: '2', memory: '4Gi' }, limits: { memory: '8Gi' } };
  const resources = Object.fromEntries(
    firstOf(aPool({ resources: { node } })).pod.containers.map((container) => [container.name, container.resources]),
  );
  expect(resources).toEqual({ node, engine: { requests: { cpu: '50m', memory: '64Mi' } } });
});

test('pods are made anew for what their pool asks, and pods of a pool that asks nothing stay', () => {
  expect(placementText(firstOf({}).node)).toBe('');
  const one = placementText(firstOf(aPool({ resources: { node: { requests: { cpu: '1' } } } })).node);
  const other = placementText(firstOf(aPool({ resources: { node: { requests: { cpu: '2' } } } })).node);
  expect(new Set(['', one, other]).size).toBe(3);
});

test('nodes prove state as far back as the network says, and as they do by themselves where it says nothing', () => {
  const retentionOf = (spec: Spec) => {
    const { network, node } = firstOf(spec);
    return nodeConfigOf(network, node).retention;
  };
  expect(retentionOf({})).toBeUndefined();
  expect(retentionOf({ retention: { archive: true } })).toEqual({ days: 7, archive: true });
  expect(retentionOf({ retention: { days: 30 } })).toEqual({ days: 30, archive: false });
});

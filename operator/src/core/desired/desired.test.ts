import { expectGolden } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { effectiveNetwork } from '../plan/effective-network.ts';
import { aCity, aKey, aNetwork, anAgency } from '../testing/builders.ts';
import { agencyBindings, agencyNamespaceObject, agencyObjects, clientObject } from './agency-objects.ts';
import { genesisObject, networkObjects, peersObject, validatorBudget } from './network-objects.ts';
import { nodesPolicy } from './network-policy.ts';
import { nodePod } from './node-pod.ts';
import { type RelayWanted, relayConfigText, relayFingerprint, relayObjects, relayPod } from './relay-objects.ts';

const golden = (name: string): URL => new URL(`../../../../test/vectors/operator/${name}.yaml`, import.meta.url);
const yamlOf = (objects: readonly object[]): string => objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');

const RELAY: RelayWanted = {
  owner: { name: 'jincheng', uid: 'uid-of-jincheng' },
  ...{ namespace: 'jincheng', city: 'jincheng', image: 'civitas.dev/node:0.1.0', logLevel: 'info', networkNames: ['city', 'health'] },
  networks: [{ network: 'city', chainId: 'jincheng-city-1', genesisHash: aKey(1), grpc: '10.0.0.1:7070' }],
  links: [{ name: 'city-health', from: 'city', to: 'health', paused: false }],
};

test('a relay is told of probe and collector, is made anew for another collector, and may reach it', () => {
  const tracing = { endpoint: 'http://collector.observability:4318/v1/traces', samplePerMille: 10 };
  const told = { ...RELAY, probeIntervalMs: 10_000, tracing };
  expect(JSON.parse(relayConfigText(told))).toMatchObject({ probeIntervalMs: 10_000, tracing });
  expect(relayFingerprint({ ...RELAY, probeIntervalMs: 10_000 })).toBe(relayFingerprint(RELAY));
  expect(relayFingerprint(told)).not.toBe(relayFingerprint(RELAY));
  const portsOf = (wanted: RelayWanted): string => JSON.stringify(relayObjects(wanted).find(({ kind }) => kind === 'NetworkPolicy'));
  expect([portsOf(told).includes('4318'), portsOf(RELAY).includes('4318')]).toEqual([true, false]);
});

/** Containers of a pod manifest, as far as the rules below look at them. */
function podSpecOf(manifest: { readonly [field: string]: unknown }) {
  return manifest['spec'] as {
    automountServiceAccountToken: boolean;
    securityContext: object;
    containers: readonly { securityContext: object }[];
  };
}

describe('what is applied', () => {
  const network = effectiveNetwork(aNetwork(), aCity(), [
    anAgency('civil-affairs'),
    anAgency('employer-1', { founder: false, approvalPolicy: 'manual' }),
  ]);
  const [node] = network.nodes;
  if (node === undefined) throw new Error('the network has no node');

  test('for a network, reads as checked in', () => {
    expectGolden(golden('network'), yamlOf([...networkObjects(network), genesisObject(network, '{}'), nodePod(network, node, 'hash')]));
  });

  test('for one of four validators with an engine, reads as checked in', () => {
    const four = effectiveNetwork(aNetwork(), aCity({ engine: 'cometbft', validatorsPerNetwork: 4 }), [anAgency('civil-affairs')]);
    const [, second] = four.nodes;
    if (second === undefined) throw new Error('the network has no second node');
    const own = networkObjects(four).filter(({ metadata }) => metadata.name.startsWith('city-1'));
    const peers = [{ node: 'city-1', nodeId: 'ab'.repeat(20), host: '10.0.0.2', p2pPort: 26656, grpcPort: 7070 }];
    const shared = [
      peersObject(four, peers),
      nodesPolicy(four),
      validatorBudget(
        four,
        four.nodes.map(({ name }) => name),
        true,
      ),
    ];
    expectGolden(golden('network-cometbft'), yamlOf([...own, ...shared, nodePod(four, second, 'hash')]));
  });

  test('an observer that became a validator is guarded with the others', () => {
    const pools = [
      { name: 'v', role: 'validator', replicas: 4 },
      { name: 'o', role: 'observer', replicas: 1 },
    ] as const;
    const five = effectiveNetwork(aNetwork({ pools: [...pools] }), aCity({ engine: 'cometbft' }), [anAgency('civil-affairs')]);
    const spec = (voters: readonly string[]) => validatorBudget(five, voters, true)['spec'];
    const born = five.nodes.slice(0, 4).map(({ name }) => name);
    expect(spec(born)).toMatchObject({ minAvailable: 3, selector: { matchExpressions: [{ values: ['validator'] }] } });
    expect(spec([...born, 'city-4'])).toMatchObject({
      minAvailable: 4,
      selector: { matchExpressions: [{ values: ['observer', 'validator'] }] },
    });
  });

  test('for the relay, reads as checked in', () => {
    expectGolden(golden('relay'), yamlOf([...relayObjects(RELAY), relayPod(RELAY)]));
  });

  test('for an agency, reads as checked in', () => {
    const agency = anAgency('hospital-1', { quotas: { pods: 4, configMaps: 16 } });
    expectGolden(
      golden('agency'),
      yamlOf([
        agencyNamespaceObject(agency),
        ...agencyObjects(agency),
        ...agencyBindings(agency),
        clientObject(agency, 'cli', { 'city.crt': 'PEM' }),
      ]),
    );
  });

  test.each([
    ['a node', nodePod(network, node, 'hash')],
    ['a node with an engine', nodePod({ ...network, engine: 'cometbft' }, node, 'hash')],
    ['the relay', relayPod(RELAY)],
  ])('as pod of %s, has no API token and passes Pod Security Standard restricted', (_name, manifest) => {
    const spec = podSpecOf(manifest);
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext).toEqual(expect.objectContaining({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }));
    for (const { securityContext } of spec.containers) {
      expect(securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    }
  });

  test.each([
    ['a node', nodePod(network, node, 'hash')],
    ['the relay', relayPod(RELAY)],
  ])('as pod of %s, has a controller: kubectl drain moves no pod without one', (_name, manifest) => {
    expect(manifest.metadata.ownerReferences).toEqual([expect.objectContaining({ controller: true })]);
  });

  test('has a volume without an owner: it outlives the network', () => {
    const [volume] = networkObjects(network).filter(({ kind }) => kind === 'PersistentVolumeClaim');
    expect(volume?.metadata.ownerReferences).toBeUndefined();
  });

  test('makes the relay anew for another set of networks or another version, not for other links', () => {
    expect(relayFingerprint({ ...RELAY, links: [] })).toBe(relayFingerprint(RELAY));
    expect(relayFingerprint({ ...RELAY, networkNames: ['city'] })).not.toBe(relayFingerprint(RELAY));
    expect(relayFingerprint({ ...RELAY, image: 'civitas.dev/node:0.1.1' })).not.toBe(relayFingerprint(RELAY));
  });
});

import { PORTS } from '@civitas/deployment';
import { describe, expect, test } from '@jest/globals';
import { effectiveNetwork } from '../plan/effective-network.ts';
import { aCity, aNetwork, anAgency } from '../testing/builders.ts';
import { nodesPolicy } from './network-policy.ts';
import { nodePod } from './node-pod.ts';
import { type RelayWanted, relayObjects, relayPod } from './relay-objects.ts';
import type { Manifest } from './render.ts';

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string }[];
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
}

interface PolicySpec {
  readonly podSelector: Selector;
  readonly policyTypes: readonly string[];
  readonly ingress: readonly { readonly from: readonly Peer[]; readonly ports: readonly { readonly port: number }[] }[];
  readonly egress: readonly { readonly to: readonly Peer[]; readonly ports: readonly { readonly port: number }[] }[];
}

interface Place {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
}

function selects(selector: Selector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator }) => {
      if (operator !== 'Exists') throw new Error(`the policies use no ${operator}`);
      return labels[key] !== undefined;
    })
  );
}

/** As the API defines it: without a namespaceSelector a peer is in the policy's own namespace. */
function isPeer(peer: Peer, place: Place, ownNamespace: string): boolean {
  const inNamespace =
    peer.namespaceSelector === undefined ? place.namespace === ownNamespace : selects(peer.namespaceSelector, place.namespaceLabels);
  return inNamespace && selects(peer.podSelector ?? {}, place.labels);
}

const policies: Manifest[] = [];
const specOf = (policy: Manifest): PolicySpec => policy['spec'] as PolicySpec;

/** Whether a connection passes every policy that selects either end. */
function passes(from: Place, to: Place, port: number): boolean {
  const selecting = (place: Place): readonly Manifest[] =>
    policies.filter((policy) => policy.metadata.namespace === place.namespace && selects(specOf(policy).podSelector, place.labels));
  const own = (policy: Manifest): string => policy.metadata.namespace ?? '';
  const out = selecting(from);
  const into = selecting(to);
  const mayLeave = out.some((policy) =>
    specOf(policy).egress.some(
      (rule) => rule.ports.some((at) => at.port === port) && rule.to.some((peer) => isPeer(peer, to, own(policy))),
    ),
  );
  const mayEnter = into.some((policy) =>
    specOf(policy).ingress.some(
      (rule) => rule.ports.some((at) => at.port === port) && rule.from.some((peer) => isPeer(peer, from, own(policy))),
    ),
  );
  return (out.length === 0 || mayLeave) && (into.length === 0 || mayEnter);
}

const agencies = [anAgency('civil-affairs'), anAgency('hospital-1', { memberships: [{ network: 'health', roles: [] }] })];
const city = aCity({ engine: 'cometbft', validatorsPerNetwork: 4 });
const networkCalled = (name: string) => {
  const body = aNetwork({ domain: name === 'city' ? 'city' : 'health', chainId: `jincheng-${name}-1` });
  return effectiveNetwork({ ...body, metadata: { ...body.metadata, name } }, city, agencies);
};
const RELAY: RelayWanted = {
  owner: { name: 'jincheng', uid: 'uid' },
  ...{ namespace: 'jincheng', city: 'jincheng', image: 'i:1', logLevel: 'info', networkNames: [], networks: [], links: [] },
};

function placeOf(manifest: Manifest): Place {
  const { namespace = '', labels = {} } = manifest.metadata;
  return { namespace, namespaceLabels: { 'kubernetes.io/metadata.name': namespace }, labels };
}

function nodeOf(name: string, ordinal: number): Place {
  const network = networkCalled(name);
  const node = network.nodes[ordinal];
  if (node === undefined) throw new Error(`${name} has no node ${ordinal}`);
  return placeOf(nodePod(network, node, 'hash'));
}

const elsewhere = (namespace: string, namespaceLabels: Labels = {}, labels: Labels = {}): Place => ({ namespace, namespaceLabels, labels });

const SYSTEM = { 'kubernetes.io/metadata.name': 'civitas-system' };
const PLACES = {
  node: nodeOf('city', 0),
  sibling: nodeOf('city', 1),
  stranger: nodeOf('health', 0),
  relay: placeOf(relayPod(RELAY)),
  operator: elsewhere('civitas-system', SYSTEM, { 'app.kubernetes.io/name': 'civitas-operator' }),
  console: elsewhere('civitas-system', SYSTEM, { 'app.kubernetes.io/name': 'civitas-console' }),
  other: elsewhere('civitas-system', SYSTEM, { 'app.kubernetes.io/name': 'civitas-crds' }),
  agency: elsewhere('agency-a', { 'civitas.dev/agency': 'a' }),
  prometheus: elsewhere('monitoring', { 'civitas.dev/monitoring': 'true' }),
  portal: elsewhere('portal', { 'civitas.dev/clients': 'true' }),
  anybody: elsewhere('shop'),
  neighbour: elsewhere('jincheng', {}, { app: 'not-ours' }),
} as const;
type Who = keyof typeof PLACES;

policies.push(nodesPolicy(networkCalled('city')), nodesPolicy(networkCalled('health')));
policies.push(...relayObjects(RELAY).filter(({ kind }) => kind === 'NetworkPolicy'));

describe('by the network policies', () => {
  test('three select our pods, both ways', () => {
    expect(policies.map((policy) => [policy.metadata.name, specOf(policy).policyTypes])).toEqual(
      ['city-nodes', 'health-nodes', 'relay-0'].map((name) => [name, ['Ingress', 'Egress']]),
    );
    for (const who of ['node', 'stranger', 'relay'] as const)
      expect(policies.filter((policy) => selects(specOf(policy).podSelector, PLACES[who].labels))).toHaveLength(1);
  });

  test.each<readonly [Who, Who, number]>([
    ['sibling', 'node', PORTS.p2p],
    ['sibling', 'node', PORTS.grpc],
    ['relay', 'node', PORTS.grpc],
    ['relay', 'stranger', PORTS.grpc],
    ['operator', 'node', PORTS.grpc],
    ['operator', 'node', PORTS.admin],
    ['operator', 'relay', PORTS.admin],
    ['agency', 'node', PORTS.grpc],
    ['portal', 'node', PORTS.grpc],
    ['prometheus', 'node', PORTS.metrics],
    ['prometheus', 'node', PORTS.engineMetrics],
    ['prometheus', 'relay', PORTS.metrics],
    ['console', 'node', PORTS.metrics],
  ])('%s reaches %s at %i', (from, to, port) => {
    expect(passes(PLACES[from], PLACES[to], port)).toBe(true);
  });

  test.each<readonly [Who, Who, number]>([
    ['anybody', 'node', PORTS.grpc],
    ['neighbour', 'node', PORTS.grpc],
    ['neighbour', 'relay', PORTS.admin],
    ['stranger', 'node', PORTS.p2p],
    ['stranger', 'node', PORTS.admin],
    ['agency', 'node', PORTS.admin],
    ['agency', 'node', PORTS.p2p],
    ['portal', 'node', PORTS.metrics],
    ['other', 'node', PORTS.admin],
    ['other', 'node', PORTS.metrics],
    ['console', 'node', PORTS.admin],
    ['console', 'node', PORTS.engineMetrics],
    ['console', 'relay', PORTS.metrics],
    ['relay', 'node', PORTS.p2p],
    ['node', 'anybody', 443],
    ['node', 'relay', PORTS.admin],
    ['relay', 'anybody', 443],
    ['node', 'stranger', PORTS.grpc],
  ])('%s does not reach %s at %i', (from, to, port) => {
    expect(passes(PLACES[from], PLACES[to], port)).toBe(false);
  });
});

test('a node that fetches a backup from a bucket reaches DNS and the port of the bucket besides, one from a volume nothing more', () => {
  const portsOut = (target: object, field: 'origin' | 'restoreFrom' = 'origin'): readonly number[] => {
    const origin = { target, folder: 'f', chainId: 'c', genesisHash: 'g', height: 1, appHash: 'a' };
    const network = networkCalled('city');
    const [first, ...rest] = network.nodes;
    const nodes = first === undefined ? [] : [{ ...first, [field]: origin }, ...rest];
    return specOf(nodesPolicy({ ...network, nodes })).egress.flatMap((rule) => rule.ports.map(({ port }) => port));
  };
  const s3 = (endpoint: string): object => ({ s3: { endpoint, bucket: 'backups', credentialsSecretRef: { name: 's3' } } });
  const own = [PORTS.grpc, PORTS.p2p];
  expect(portsOut({ volume: { claimName: 'backups' } })).toEqual(own);
  expect(portsOut(s3('https://s3.example'))).toEqual([...own, 53, 53, 443]);
  expect(portsOut(s3('https://s3.example'), 'restoreFrom')).toEqual([...own, 53, 53, 443]);
  expect(specOf(nodesPolicy(networkCalled('city'))).egress.flatMap((rule) => rule.ports.map(({ port }) => port))).toEqual(own);
  expect(portsOut(s3('https://s3.example:9000'))).toEqual([...own, 53, 53, 9000]);
});

test('nodes where people act in person reach DNS and the port of the identity provider’s keys', () => {
  const portsOut = (persons: { issuer: string; keysUrl?: string }): readonly number[] =>
    specOf(nodesPolicy({ ...networkCalled('city'), persons })).egress.flatMap((rule) => rule.ports.map(({ port }) => port));
  const own = [PORTS.grpc, PORTS.p2p];
  expect(portsOut({ issuer: 'https://id.city.example/realms/city' })).toEqual([...own, 53, 53, 443]);
  expect(portsOut({ issuer: 'https://id.city.example/realms/city', keysUrl: 'http://keycloak.id/certs' })).toEqual([...own, 53, 53, 80]);
  expect(portsOut({ issuer: 'http://127.0.0.1:8080/realms/city' })).toEqual([...own, 53, 53, 8080]);
});

import { PORTS } from '@civitas/deployment';
import type { EffectiveNetwork } from '../plan/effective-network.ts';
import { LABELS, MANAGED_BY, networkPolicyName, SYSTEM_NAMESPACE } from './names.ts';
import { networkOwner } from './network-objects.ts';
import { type Manifest, render } from './render.ts';

/** Set by whoever makes a namespace whose pods may read metrics, or be clients of the ledgers. */
const OPENING = { monitoring: { 'civitas.dev/monitoring': 'true' }, clients: { 'civitas.dev/clients': 'true' } } as const;

/** On a pod that holds the consensus key of a node. */
const SIGNER = { 'civitas.dev/signer': 'true' } as const;

const OURS = { podSelector: { matchLabels: MANAGED_BY } } as const;
const OPERATOR = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': SYSTEM_NAMESPACE } },
  podSelector: { matchLabels: { 'app.kubernetes.io/name': 'civitas-operator' } },
} as const;
/** Its status page is drawn from the metrics of nodes. */
const CONSOLE = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': SYSTEM_NAMESPACE } },
  podSelector: { matchLabels: { 'app.kubernetes.io/name': 'civitas-console' } },
} as const;
const AGENCIES = { namespaceSelector: { matchExpressions: [{ key: LABELS.agency, operator: 'Exists' }] } } as const;
const MONITORING = { namespaceSelector: { matchLabels: OPENING.monitoring } } as const;
const CLIENTS = { namespaceSelector: { matchLabels: OPENING.clients } } as const;

const ports = (...numbers: readonly number[]): readonly object[] => numbers.map((port) => ({ port, protocol: 'TCP' }));

/**
 * Who may talk to the nodes of a network, and to whom they may: nobody else, whatever else the cluster allows. Policies add up, so a person
 * opens more with one of their own. Nodes know each other by the addresses of their Services: they ask no DNS.
 */
export function nodesPolicy(network: EffectiveNetwork): Manifest {
  const nodes = { matchLabels: { [LABELS.network]: network.name }, matchExpressions: [{ key: LABELS.node, operator: 'Exists' }] };
  const peers = { podSelector: nodes };
  return policy(
    {
      name: networkPolicyName(network.name),
      namespace: network.namespace,
      labels: { ...MANAGED_BY, [LABELS.network]: network.name },
      ownerReferences: [networkOwner(network)],
    },
    {
      podSelector: nodes,
      ingress: [
        { from: [OURS, OPERATOR, AGENCIES, CLIENTS], ports: ports(PORTS.grpc) },
        { from: [OPERATOR], ports: ports(PORTS.admin) },
        { from: [MONITORING], ports: ports(PORTS.metrics, PORTS.engineMetrics) },
        { from: [CONSOLE], ports: ports(PORTS.metrics) },
        { from: [peers], ports: ports(PORTS.p2p) },
        ...signersIngress(network),
      ],
      egress: [{ to: [peers], ports: ports(PORTS.grpc, PORTS.p2p) }, ...outsideEgress(network)],
    },
  );
}

/** Whoever holds a node's key dials its engine; a policy names pods by their labels, so each signer is let in to all nodes of its network. */
function signersIngress({ nodes }: EffectiveNetwork): readonly object[] {
  const places = nodes.flatMap(({ remoteSigner }) => remoteSigner?.from ?? []);
  const peers = places.flatMap(({ cidr, namespace }): readonly object[] => {
    if (cidr !== undefined) return [{ ipBlock: { cidr } }];
    if (namespace === undefined) return [];
    return [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector: { matchLabels: SIGNER } }];
  });
  // An empty list of peers would let in everybody.
  if (peers.length === 0) return [];
  const distinct = new Map(peers.map((peer) => [JSON.stringify(peer), peer]));
  return [{ from: [...distinct.values()], ports: ports(PORTS.signer) }];
}

/**
 * Where nodes go outside of us, wherever that is: to the bucket that a backup is fetched from, only until they have it, and to the keys of
 * the identity provider, and to the collector of traces. All take DNS.
 */
function outsideEgress({ nodes, persons, tracing }: EffectiveNetwork): readonly object[] {
  const buckets = nodes.flatMap(({ origin, restoreFrom }) => (restoreFrom ?? origin)?.target.s3?.endpoint ?? []);
  const keys = persons === undefined ? [] : [persons.keysUrl ?? persons.issuer];
  return egressTo([...buckets, ...keys, ...(tracing === undefined ? [] : [tracing.endpoint])]);
}

function egressTo(urls: readonly string[]): readonly object[] {
  if (urls.length === 0) return [];
  const names = [53].flatMap((number) => ['TCP', 'UDP'].map((protocol) => ({ port: number, protocol })));
  const outside = new Set(urls.map(portOf));
  return [{ ports: names }, { ports: ports(...[...outside].sort((left, right) => left - right)) }];
}

/** Port of an address: its own, or what the scheme says. */
function portOf(url: string): number {
  const named = /^https?:\/\/[^/]*:(\d+)(?:\/|$)/.exec(url)?.[1];
  return named === undefined ? (url.startsWith('http:') ? HTTP_PORT : HTTPS_PORT) : Number(named);
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** The same of the relay: it talks to nodes in its namespace and to the collector of traces, and to nobody else. */
export function relayPolicy(
  metadata: Manifest['metadata'],
  podLabels: Readonly<Record<string, string>>,
  collectors: readonly string[] = [],
): Manifest {
  const nodes = { podSelector: { matchLabels: MANAGED_BY, matchExpressions: [{ key: LABELS.node, operator: 'Exists' }] } };
  return policy(metadata, {
    podSelector: { matchLabels: podLabels },
    ingress: [
      { from: [OPERATOR], ports: ports(PORTS.admin) },
      { from: [MONITORING], ports: ports(PORTS.metrics) },
    ],
    egress: [{ to: [nodes], ports: ports(PORTS.grpc) }, ...egressTo(collectors)],
  });
}

function policy(metadata: Manifest['metadata'], spec: object): Manifest {
  const [manifest] = render([
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { ...spec, policyTypes: ['Ingress', 'Egress'] } },
  ]);
  if (manifest === undefined) throw new Error('rendering one object gave none');
  return manifest;
}

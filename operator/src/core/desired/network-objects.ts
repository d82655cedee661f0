import { canonicalString, type Json } from '@civitas/canon';
import { type PeerDocument, type PeersDocument, PORTS } from '@civitas/deployment';
import type { EffectiveNetwork, EffectiveNode } from '../plan/effective-network.ts';
import { API_VERSION } from '../resources/kind.ts';
import { budgetName, gatewayName, genesisName, LABELS, MANAGED_BY, nodeConfigName, nodeDataName, peersName } from './names.ts';
import { nodeConfigOf } from './node-config.ts';
import { type Manifest, type OwnerReference, render } from './render.ts';

const PORT_LIST = [
  { name: 'grpc', port: PORTS.grpc, targetPort: PORTS.grpc, protocol: 'TCP' },
  { name: 'admin', port: PORTS.admin, targetPort: PORTS.admin, protocol: 'TCP' },
  { name: 'metrics', port: PORTS.metrics, targetPort: PORTS.metrics, protocol: 'TCP' },
] as const;

/** The engine's, on a network that has one. */
const ENGINE_PORT_LIST = [
  { name: 'p2p', port: PORTS.p2p, targetPort: PORTS.p2p, protocol: 'TCP' },
  { name: 'engine-metrics', port: PORTS.engineMetrics, targetPort: PORTS.engineMetrics, protocol: 'TCP' },
] as const;

/** On a node whose key is held elsewhere: whoever holds it dials this. */
const SIGNER_PORT = { name: 'signer', port: PORTS.signer, targetPort: PORTS.signer, protocol: 'TCP' } as const;

export const CONTAINER_PORTS = PORT_LIST.map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' }));

/** Owner within one namespace; the volume has none, so that it outlives the network. */
export function networkOwner(network: EffectiveNetwork): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: 'LedgerNetwork',
    name: network.name,
    uid: network.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Everything of a network that is applied whenever it differs: services, configuration, volumes, LedgerNodes. No pods, no secrets. */
export function networkObjects(network: EffectiveNetwork): readonly Manifest[] {
  return render([gatewayService(network), ...network.nodes.flatMap((node) => nodeObjects(network, node))]);
}

/** Who the nodes of a network are to each other's engines. */
export function peersObject(network: EffectiveNetwork, peers: readonly PeerDocument[]): Manifest {
  const document: PeersDocument = { schemaVersion: 1, peers };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: nodeMetadata(network, peersName(network.name)),
    data: { 'peers.json': canonicalString(document as object as Json) },
  };
}

/**
 * What others (drains, autoscalers) may take away. An integer minAvailable: maxUnavailable asks a scale subresource, which pods
 * owned by no workload do not have, and would allow no eviction ever.
 *
 * @param voters Names of the ledger's validators: a node that joined the set after its birth keeps the role it was made for, and counts.
 * @param isFull Every validator serves at the head; while one is missing nobody else may take another.
 */
export function validatorBudget(network: EffectiveNetwork, voters: readonly string[], isFull: boolean): Manifest {
  const isVoter = ({ role, name }: EffectiveNode): boolean => role === 'validator' || voters.includes(name);
  const roles = [...new Set(network.nodes.filter(isVoter).map(({ role }) => role))].sort();
  const counted = network.nodes.filter(({ role }) => roles.includes(role)).length;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: nodeMetadata(network, budgetName(network.name)),
    spec: {
      minAvailable: isFull ? counted - 1 : counted,
      selector: {
        matchLabels: { [LABELS.network]: network.name },
        matchExpressions: [{ key: LABELS.role, operator: 'In', values: roles }],
      },
    },
  };
}

function labelsOf(network: EffectiveNetwork, node?: EffectiveNode): Readonly<Record<string, string>> {
  const own = node === undefined ? {} : { [LABELS.node]: node.name, [LABELS.role]: node.role };
  return { ...MANAGED_BY, [LABELS.network]: network.name, ...own };
}

/** Name, namespace, labels and owner of an object of a network, or of one of its nodes. */
export function nodeMetadata(network: EffectiveNetwork, name: string, node?: EffectiveNode): Manifest['metadata'] {
  return { name, namespace: network.namespace, labels: labelsOf(network, node), ownerReferences: [networkOwner(network)] };
}

function gatewayService(network: EffectiveNetwork): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: nodeMetadata(network, gatewayName(network.name)),
    // One client stays with one node as long as it is ready: what it was told was stored there, it reads there.
    spec: { selector: { [LABELS.network]: network.name }, ports: [PORT_LIST[0]], sessionAffinity: 'ClientIP' },
  };
}

function portsOf(network: EffectiveNetwork, node: EffectiveNode): readonly object[] {
  if (network.engine !== 'cometbft') return PORT_LIST;
  return [...PORT_LIST, ...ENGINE_PORT_LIST, ...(node.remoteSigner === undefined ? [] : [SIGNER_PORT])];
}

function nodeObjects(network: EffectiveNetwork, node: EffectiveNode): readonly Manifest[] {
  const { ownerReferences: _, ...unowned } = nodeMetadata(network, nodeDataName(node.name), node);
  return [
    {
      apiVersion: API_VERSION,
      kind: 'LedgerNode',
      metadata: nodeMetadata(network, node.name, node),
      spec: {
        networkRef: network.name,
        role: node.role,
        ordinal: node.ordinal,
        organisation: node.organisation,
        ...(node.remoteSigner === undefined ? {} : { signerPublicKey: node.remoteSigner.publicKey }),
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: nodeMetadata(network, node.name, node),
      // The operator and peers must reach a node that is not ready yet.
      spec: {
        selector: { [LABELS.node]: node.name },
        ports: portsOf(network, node),
        publishNotReadyAddresses: true,
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: nodeMetadata(network, nodeConfigName(node.name), node),
      data: { 'config.json': nodeConfigText(network, node) },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: unowned,
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: node.storageSize } },
        ...(node.storageClass === undefined ? {} : { storageClassName: node.storageClass }),
      },
    },
  ];
}

/** The node's configuration as mounted, canonical so that equal settings are equal bytes. */
export function nodeConfigText(network: EffectiveNetwork, node: EffectiveNode): string {
  return canonicalString(nodeConfigOf(network, node) as object as Json);
}

/** The genesis, mounted as optional: the pod runs before it exists. */
export function genesisObject(network: EffectiveNetwork, genesisText: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: nodeMetadata(network, genesisName(network.name)),
    immutable: true,
    data: { 'genesis.json': genesisText },
  };
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

import { canonicalString, type Json } from '@civitas/canon';
import { PATHS, PORTS } from '@civitas/deployment';
import type { EffectiveNetwork, EffectiveNode } from '../plan/effective-network.ts';
import { API_VERSION } from '../resources/kind.ts';
import {
  ANNOTATIONS,
  gatewayName,
  genesisName,
  LABELS,
  MANAGED_BY,
  NODE_IMAGE,
  nodeConfigName,
  nodeDataName,
  nodeTlsName,
} from './names.ts';
import { nodeConfigOf } from './node-config.ts';
import { CONTAINER_SECURITY, POD_ENVIRONMENT, POD_SECURITY, PROBES } from './pod-defaults.ts';
import { type Manifest, type OwnerReference, render } from './render.ts';

const PORT_LIST = [
  { name: 'grpc', port: PORTS.grpc, targetPort: PORTS.grpc, protocol: 'TCP' },
  { name: 'admin', port: PORTS.admin, targetPort: PORTS.admin, protocol: 'TCP' },
  { name: 'metrics', port: PORTS.metrics, targetPort: PORTS.metrics, protocol: 'TCP' },
] as const;

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

function labelsOf(network: EffectiveNetwork, node?: EffectiveNode): Readonly<Record<string, string>> {
  const own = node === undefined ? {} : { [LABELS.node]: node.name, [LABELS.role]: node.role };
  return { ...MANAGED_BY, [LABELS.network]: network.name, ...own };
}

function metadataOf(network: EffectiveNetwork, name: string, node?: EffectiveNode): Manifest['metadata'] {
  return { name, namespace: network.namespace, labels: labelsOf(network, node), ownerReferences: [networkOwner(network)] };
}

function gatewayService(network: EffectiveNetwork): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(network, gatewayName(network.name)),
    spec: { selector: { [LABELS.network]: network.name }, ports: [PORT_LIST[0]] },
  };
}

function nodeObjects(network: EffectiveNetwork, node: EffectiveNode): readonly Manifest[] {
  const { ownerReferences: _, ...unowned } = metadataOf(network, nodeDataName(node.name), node);
  return [
    {
      apiVersion: API_VERSION,
      kind: 'LedgerNode',
      metadata: metadataOf(network, node.name, node),
      spec: { networkRef: network.name, role: node.role, ordinal: node.ordinal, organisation: node.organisation },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadataOf(network, node.name, node),
      // The operator and, later, peers must reach a node that is not ready yet.
      spec: { selector: { [LABELS.node]: node.name }, ports: PORT_LIST, publishNotReadyAddresses: true },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadataOf(network, nodeConfigName(node.name), node),
      data: { 'config.json': nodeConfigText(network, node) },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: unowned,
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: node.storageSize } } },
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
    metadata: metadataOf(network, genesisName(network.name)),
    immutable: true,
    data: { 'genesis.json': genesisText },
  };
}

/** @param configHash of the mounted configuration: a pod with another one is made anew. */
export function nodePod(network: EffectiveNetwork, node: EffectiveNode, configHash: string): Manifest {
  const metadata = metadataOf(network, node.name, node);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, annotations: { [ANNOTATIONS.configHash]: configHash } },
    spec: {
      restartPolicy: 'Always',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 10,
      securityContext: POD_SECURITY,
      containers: [
        {
          name: 'node',
          image: `${NODE_IMAGE}:${network.version}`,
          args: ['serve'],
          env: POD_ENVIRONMENT,
          ports: CONTAINER_PORTS,
          securityContext: CONTAINER_SECURITY,
          resources: { requests: { cpu: '50m', memory: '128Mi' } },
          ...PROBES,
          volumeMounts: [
            { name: 'config', mountPath: folderOf(PATHS.config), readOnly: true },
            { name: 'genesis', mountPath: folderOf(PATHS.genesis), readOnly: true },
            { name: 'tls', mountPath: PATHS.tls, readOnly: true },
            { name: 'data', mountPath: PATHS.data },
          ],
        },
      ],
      volumes: [
        { name: 'config', configMap: { name: nodeConfigName(node.name) } },
        { name: 'genesis', configMap: { name: genesisName(network.name), optional: true } },
        { name: 'tls', secret: { secretName: nodeTlsName(node.name), defaultMode: 0o440 } },
        { name: 'data', persistentVolumeClaim: { claimName: nodeDataName(node.name) } },
      ],
    },
  };
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

import { type BackupTask, PATHS, PORTS } from '@civitas/deployment';
import type { EffectiveNetwork, EffectiveNode } from '../plan/effective-network.ts';
import type { BackupReference } from '../resources/backup-target.ts';
import { backupConfigText, targetVolumes } from './backup-pod.ts';
import { ANNOTATIONS, genesisName, nodeConfigName, nodeDataName, nodeTlsName, peersName } from './names.ts';
import { CONTAINER_PORTS, folderOf, nodeMetadata } from './network-objects.ts';
import { resourcesOf, spreadOf } from './placement.ts';
import { CONTAINER_SECURITY, POD_ENVIRONMENT, POD_SECURITY, PROBES } from './pod-defaults.ts';
import type { Manifest } from './render.ts';

/** Name of the container that runs the consensus engine beside the node. */
export const ENGINE_CONTAINER = 'engine';

const DATA_MOUNT = { name: 'data', mountPath: PATHS.data };
const PEERS_MOUNT = { name: 'peers', mountPath: folderOf(PATHS.peers), readOnly: true };
const ENGINE_PORTS = [
  { name: 'p2p', containerPort: PORTS.p2p, protocol: 'TCP' },
  { name: 'engine-metrics', containerPort: PORTS.engineMetrics, protocol: 'TCP' },
] as const;

const SIGNER_PORT = { name: 'signer', containerPort: PORTS.signer, protocol: 'TCP' } as const;

/** @param configHash of the mounted configuration: a pod with another one is made anew. */
export function nodePod(network: EffectiveNetwork, node: EffectiveNode, configHash: string): Manifest {
  const metadata = nodeMetadata(network, node.name, node);
  const hasEngine = network.engine === 'cometbft';
  const fetched = fetchedBackup(node);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, annotations: annotationsOf(network, node, configHash) },
    spec: {
      restartPolicy: 'Always',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // The node ends an engine that must not run any more by a signal.
      ...(hasEngine ? { shareProcessNamespace: true } : {}),
      terminationGracePeriodSeconds: 10,
      securityContext: POD_SECURITY,
      ...backupContainers(network, node),
      topologySpreadConstraints: spreadOf(network, node),
      containers: [nodeContainer(network, node, hasEngine), ...(hasEngine ? [engineContainer(network, node)] : [])],
      volumes: [
        { name: 'config', configMap: { name: nodeConfigName(node.name) } },
        { name: 'genesis', configMap: { name: genesisName(network.name), optional: true } },
        { name: 'tls', secret: { secretName: nodeTlsName(node.name), defaultMode: 0o440 } },
        { name: 'data', persistentVolumeClaim: { claimName: nodeDataName(node.name) } },
        ...(hasEngine ? [{ name: 'peers', configMap: { name: peersName(network.name), optional: true } }] : []),
        ...(fetched === undefined ? [] : targetVolumes(fetched.reference.target, true).volumes),
      ],
    },
  };
}

interface FetchedBackup {
  readonly container: 'origin' | 'restore';
  readonly reference: BackupReference;
  readonly rebuild?: string;
}

/** What is put on the volume before the node starts: a backup of its own chain that it is rebuilt from, or the one its chain is born from. */
function fetchedBackup({ origin, restoreFrom, rebuild }: EffectiveNode): FetchedBackup | undefined {
  const word = rebuild === undefined ? {} : { rebuild };
  if (restoreFrom !== undefined) return { container: 'restore', reference: restoreFrom, ...word };
  return origin === undefined ? undefined : { container: 'origin', reference: origin, ...word };
}

function taskOf({ container, reference, rebuild }: FetchedBackup): BackupTask {
  const { target: _, folder, ...expected } = reference;
  if (container === 'restore') return { type: 'replace', folder, expected, rebuild: rebuild ?? '' };
  return { type: 'fetch', folder, expected, ...(rebuild === undefined ? {} : { rebuild }) };
}

/** Does nothing on a volume that has what it is to have. */
function backupContainers({ chainId, nodeImage, logLevel }: EffectiveNetwork, node: EffectiveNode): object {
  const fetched = fetchedBackup(node);
  if (fetched === undefined) return {};
  const { target } = fetched.reference;
  const container = {
    name: fetched.container,
    image: nodeImage,
    args: ['backup', backupConfigText({ id: chainId, task: taskOf(fetched), target, logLevel })],
    env: POD_ENVIRONMENT,
    securityContext: CONTAINER_SECURITY,
    resources: { requests: { cpu: '50m', memory: '128Mi' } },
    volumeMounts: [DATA_MOUNT, ...targetVolumes(target, true).mounts],
  };
  return { initContainers: [container] };
}

function annotationsOf(network: EffectiveNetwork, node: EffectiveNode, configHash: string): Readonly<Record<string, string>> {
  return {
    [ANNOTATIONS.configHash]: configHash,
    // What was asked for: a cluster may write another name of it into the pod.
    [ANNOTATIONS.image]: network.nodeImage,
    ...(node.rebuild === undefined ? {} : { [ANNOTATIONS.rebuild]: node.rebuild }),
  };
}

function nodeContainer(network: EffectiveNetwork, node: EffectiveNode, hasEngine: boolean): object {
  return {
    name: 'node',
    image: network.nodeImage,
    args: ['serve'],
    env: POD_ENVIRONMENT,
    ports: CONTAINER_PORTS,
    securityContext: CONTAINER_SECURITY,
    resources: resourcesOf(node, 'node'),
    ...PROBES,
    volumeMounts: [
      { name: 'config', mountPath: folderOf(PATHS.config), readOnly: true },
      { name: 'genesis', mountPath: folderOf(PATHS.genesis), readOnly: true },
      { name: 'tls', mountPath: PATHS.tls, readOnly: true },
      DATA_MOUNT,
      ...(hasEngine ? [PEERS_MOUNT] : []),
    ],
  };
}

/**
 * The engine ends when the node does and the other way round, so each comes back with the other. It has no probe: what it cannot do,
 * the node's readiness and Status say.
 */
function engineContainer(network: EffectiveNetwork, node: EffectiveNode): object {
  return {
    name: ENGINE_CONTAINER,
    image: network.nodeImage,
    args: ['engine'],
    env: POD_ENVIRONMENT,
    ports: node.remoteSigner === undefined ? ENGINE_PORTS : [...ENGINE_PORTS, SIGNER_PORT],
    securityContext: CONTAINER_SECURITY,
    resources: resourcesOf(node, 'engine'),
    volumeMounts: [DATA_MOUNT, PEERS_MOUNT],
  };
}

/** The machine as a Node, with a Lease that says the kubelet lives. */

import { arch, cpus, release, totalmem } from 'node:os';
import type { ClusterPort, KubeObject, ResourceRef } from '../cluster-port.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { heartbeatMs } from './limits.ts';
import { leasesResource, namespacesResource, nodesResource, timeOf } from './pod.ts';

const leaseNamespace = 'kube-node-lease';

/** Makes the Node and keeps its Lease; returns what ends the heartbeat. */
export function keepNode(context: KubeletContext, podsMax: number): () => void {
  const { port, nodeName } = context;
  const node = findOrCreate(port, nodesResource, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': archOf() },
    },
    spec: {},
  });
  port.updateStatus(nodesResource, { name: nodeName, uid: node.metadata.uid }, (current) => ({
    ...current,
    status: nodeStatusOf(context, podsMax),
  }));
  findOrCreate(port, namespacesResource, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: leaseNamespace } });
  const lease = findOrCreate(port, leasesResource, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: nodeName,
      namespace: leaseNamespace,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid }],
    },
    spec: leaseSpecOf(nodeName),
  });
  const beat = (): void => {
    const target = { namespace: leaseNamespace, name: nodeName, uid: lease.metadata.uid };
    try {
      port.update?.(leasesResource, target, (current) => ({ ...current, spec: leaseSpecOf(nodeName) }));
    } catch (error) {
      context.log.warn({ error: error instanceof Error ? error.message : String(error) }, "the node's Lease was not renewed");
    }
  };
  beat();
  const timer = setInterval(beat, heartbeatMs);
  return () => clearInterval(timer);
}

interface NewObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly spec?: object;
}

function findOrCreate(port: ClusterPort, resource: ResourceRef, object: NewObject): KubeObject {
  return port.find(resource, object.metadata.namespace, object.metadata.name) ?? port.create(resource, object);
}

function leaseSpecOf(holderIdentity: string): object {
  return { holderIdentity, leaseDurationSeconds: 40, renewTime: new Date().toISOString().replace(/Z$/, '000Z') };
}

function nodeStatusOf({ hostIP, nodeName }: KubeletContext, podsMax: number): object {
  const now = timeOf(Date.now());
  const capacity = { cpu: String(cpus().length), memory: `${Math.floor(totalmem() / 1024)}Ki`, pods: String(podsMax) };
  const condition = (type: string, status: 'True' | 'False', reason: string, message: string): object => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return {
    capacity,
    allocatable: capacity,
    addresses: [
      { type: 'InternalIP', address: hostIP },
      { type: 'Hostname', address: nodeName },
    ],
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'process kubelet is running'),
    ],
    nodeInfo: {
      architecture: archOf(),
      operatingSystem: 'linux',
      kernelVersion: release(),
      osImage: 'this machine',
      containerRuntimeVersion: 'process://1',
      kubeletVersion: 'v1.32.0-civitas',
      kubeProxyVersion: '',
      machineID: '',
      systemUUID: '',
      bootID: '',
    },
  };
}

function archOf(): string {
  return arch() === 'x64' ? 'amd64' : arch();
}

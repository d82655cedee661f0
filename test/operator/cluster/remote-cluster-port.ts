import {
  configMaps,
  createEventRecorder,
  createReflector,
  defineResource,
  isApiError,
  type KubeClient,
  leases,
  namespaces,
  nodes,
  type ObjectBody,
  persistentVolumeClaims,
  pods,
  type Reflector,
  type Resource,
  resourceNameOf,
  secrets,
  serviceAccounts,
  services,
} from '@civitas/kube';
import type { ClusterPort, KubeletLog, KubeObject, ObjectTarget, ResourceRef } from '@civitas/localcluster';
import { createObjectWrites } from './object-writes.ts';

/** Everything that the process kubelet reads. */
const READ: readonly Resource[] = [
  ...[pods, configMaps, secrets, services, serviceAccounts, persistentVolumeClaims],
  ...[nodes, namespaces, leases],
];
const LEASE_NAMESPACE = 'kube-node-lease';

export interface RemoteClusterPort {
  readonly port: ClusterPort;
  /** Waits for what is still to be written, and takes the Node away. */
  stop(): Promise<void>;
}

export interface RemoteClusterPortOptions {
  readonly client: KubeClient;
  readonly nodeName: string;
  /** A bearer token for the ServiceAccount of this uid. */
  readonly tokenOf: (account: { readonly namespace: string; readonly name: string; readonly uid: string }) => string;
  readonly log: Pick<KubeletLog, 'error'>;
}

/**
 * The process kubelet's door to an API server over HTTPS: it reads what watches have told, and what it writes is written in its order
 * for each object, again after a conflict.
 */
export async function openRemoteClusterPort(options: RemoteClusterPortOptions): Promise<RemoteClusterPort> {
  const { client, nodeName, tokenOf, log } = options;
  await makeNode(client, nodeName);
  const mirrors = new Map(READ.map((resource) => [resourceNameOf(resource), mirrorOf(client, resource)]));
  for (const mirror of mirrors.values()) mirror.start();
  await Promise.all([...mirrors.values()].map((mirror) => mirror.waitForSync()));

  const mirrorFor = (resource: ResourceRef): Reflector<KubeObject> => {
    const mirror = mirrors.get(resourceNameOf({ ...resource, namespaced: true }));
    if (mirror === undefined) throw new Error(`a kubelet does not read ${resource.plural}`);
    return mirror;
  };
  const find = (resource: ResourceRef, namespace: string | undefined, name: string): KubeObject | undefined =>
    mirrorFor(resource).store.get(namespace === undefined ? name : `${namespace}/${name}`);
  const events = createEventRecorder({ client, component: 'kubelet', instance: nodeName });
  const writes = createObjectWrites(log);
  const change = (
    resource: ResourceRef,
    target: ObjectTarget,
    write: (current: KubeObject, of: Resource<KubeObject>) => Promise<unknown>,
  ) => {
    const of = mirrorFor(resource).resource;
    writes.add(target.uid, `${resource.plural} ${target.name}`, async () => {
      const current = await client.find(of, target);
      if (current?.metadata.uid === target.uid) await write(current, of);
    });
    return undefined;
  };

  const port: ClusterPort = {
    find,
    list: (resource, namespace) => mirrorFor(resource).store.list(namespace),
    watch: (resource, onEvent) => mirrorFor(resource).subscribe(({ type, object }) => onEvent({ type, object })),
    create: (_resource, object) => {
      throw new Error(`the kubelet makes nothing here, asked for ${JSON.stringify(object)}`);
    },
    update: (resource, target, wanted) =>
      change(resource, target, async (current, of) => {
        const next = wanted(current) as KubeObject;
        if (resource.plural === pods.plural) await bind(client, current, nodeName);
        else if (!isSame(current, next)) await client.update(of, next);
      }),
    updateStatus: (resource, target, wanted) =>
      change(resource, target, async (current, of) => {
        const next = wanted(current) as KubeObject;
        if (!isSame(current['status'], next['status'])) await client.updateStatus(of, next);
      }),
    finishDelete: (resource, target) =>
      change(resource, target, (_current, of) => client.delete(of, target, { uid: target.uid, gracePeriodSeconds: 0 })),
    recordEvent: (about, { type, reason, message }) => events.record(about, { type, reason, message }),
    serviceAccountToken: (namespace, name) => {
      const account = find(serviceAccounts, namespace, name);
      if (account === undefined) throw new Error(`serviceaccounts "${name}" in namespace "${namespace}" does not exist`);
      return tokenOf({ namespace, name, uid: account.metadata.uid });
    },
  };
  return {
    port,
    async stop() {
      await writes.end();
      await events.flush();
      await Promise.all([...mirrors.values()].map((mirror) => mirror.stop()));
      await client.delete(nodes, { name: nodeName });
    },
  };
}

const mirrorOf = (client: KubeClient, { group, version, plural, namespaced }: Resource): Reflector<KubeObject> =>
  createReflector({
    client,
    resource: defineResource<KubeObject>({ group, version, plural, namespaced }),
    ...(plural === leases.plural ? { namespace: LEASE_NAMESPACE } : {}),
  });

/** The kubelet finds both: what it makes itself it would have to wait for. */
async function makeNode(client: KubeClient, name: string): Promise<void> {
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
  await createOnce(client, nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } });
  const metadata = { name, namespace: LEASE_NAMESPACE };
  await createOnce(client, leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata });
}

async function createOnce(client: KubeClient, resource: Resource, body: ObjectBody): Promise<void> {
  await client.create(resource, body).catch((error: unknown) => {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  });
}

/** What a scheduler does: a pod's node is no field that an update may set. */
async function bind(client: KubeClient, { metadata: { name, namespace } }: KubeObject, nodeName: string): Promise<void> {
  const binding = defineResource({ group: '', version: 'v1', plural: `pods/${name}/binding`, namespaced: true });
  const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
  const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, ...{ target } };
  await client.create(binding, body).catch((error: unknown) => {
    // Bound already: its event was on the way.
    if (!isApiError(error, 'Conflict')) throw error;
  });
}

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

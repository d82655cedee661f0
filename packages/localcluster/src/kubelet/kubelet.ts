/** The process kubelet: what the API says should run, runs as processes of this machine. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterPort, KubeObject, PodLogSource, WatchedEvent } from '../cluster-port.ts';
import { openAddressPool } from './address-pool.ts';
import {
  guarded,
  type KubeletContext,
  type KubeletCounters,
  type KubeletLog,
  messageOf,
  type Pace,
  recordEvent,
} from './kubelet-context.ts';
import { crashBackoffMsMax, crashBackoffMsMin, crashBackoffResetMs, stopGraceMs } from './limits.ts';
import { createLogSource } from './log-source.ts';
import { keepNode } from './node-object.ts';
import {
  claimsResource,
  configMapsResource,
  type Pod,
  podKeyOf,
  podsResource,
  secretsResource,
  serviceAccountsResource,
  servicesResource,
} from './pod.ts';
import { PodWorker } from './pod-worker.ts';
import { openProcessRegistry } from './process-registry.ts';
import { createServiceProxy, type Service } from './service-proxy.ts';
import { serveClaim } from './volume-claims.ts';

export interface KubeletOptions {
  readonly port: ClusterPort;
  /** Folder for pods, volumes, logs and process records; created with mode 0700. */
  readonly home: string;
  /** IPv4 range of pod addresses within 127.0.0.0/8. */
  readonly podCidr: string;
  /** Where pods reach the API server. */
  readonly apiUrl: string;
  /** Certificate authority of the API server, for the pods' ca.crt. */
  readonly caPem: string;
  /** Command that stands for an image's entry point, by image name without tag: `'civitas.dev/node': ['/…/node', '/…/main.ts']`. */
  readonly images: Readonly<Record<string, readonly string[]>>;
  /** Variables every container gets before its own, `NODE_COMPILE_CACHE` for instance. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly log: KubeletLog;
  readonly nodeName?: string;
  /** Tests shorten times. */
  readonly pace?: Partial<Pace>;
}

export interface KubeletStats extends Readonly<KubeletCounters> {
  readonly pods: number;
  readonly processes: number;
  readonly proxyListeners: number;
  readonly proxyConnections: number;
  readonly proxyRefused: number;
}

export interface Kubelet {
  readonly logs: PodLogSource;
  /** Ends every pod's processes, all at once, within 5 s. The pods stay in the API and are started again by the next kubelet. */
  stop(): Promise<void>;
  stats(): KubeletStats;
}

/**
 * Ends what a previous run left, then starts every pod of the API.
 *
 * @throws RangeError for a range that is not IPv4 of prefix 8 … 30.
 */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { port, home, log } = options;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const addresses = openAddressPool(options.podCidr, join(home, 'kubelet', 'addresses.json'));
  const processes = openProcessRegistry(join(home, 'kubelet', 'processes'));
  const counters: KubeletCounters = { containerStarts: 0, containerRestarts: 0, probeFailures: 0, statusWrites: 0, faults: 0, strays: 0 };
  const context: KubeletContext = {
    port,
    home,
    log,
    processes,
    counters,
    nodeName: options.nodeName ?? 'laptop',
    hostIP: '127.0.0.1',
    apiUrl: options.apiUrl,
    caPem: options.caPem,
    images: options.images,
    variables: options.variables ?? {},
    pace: { secondMs: 1000, crashBackoffMsMin, crashBackoffMsMax, crashBackoffResetMs, ...options.pace },
  };
  counters.strays = await processes.endStrays();
  if (counters.strays > 0) log.info({ strays: counters.strays }, 'ended processes of a previous run');

  const endHeartbeat = keepNode(context, addresses.size);
  const pods = createPodSet(context, (pod) => addresses.addressOf(podKeyOf(pod), pods.keys()));
  const services = new Map<string, Service>();
  const proxy = createServiceProxy(log);
  const batch = createBatch((events) => {
    for (const { resource, event } of events) {
      guarded(context, event.object, () => {
        if (resource === podsResource) pods.apply(event);
        else if (resource === claimsResource) serveClaim(context, event);
        else if (resource === servicesResource) applyService(services, event);
      });
    }
    const touched = events.filter(({ resource }) => resource !== podsResource && resource !== servicesResource);
    pods.refresh(new Set(touched.map(({ event }) => event.object.metadata.namespace ?? 'default')));
    proxy.update([...services.values()], pods.objects());
  });
  const resources = [configMapsResource, secretsResource, serviceAccountsResource, claimsResource, servicesResource, podsResource];
  const endWatches = resources.map((resource) => port.watch(resource, (event) => batch.add({ resource, event })));
  // What exists is taken up before anybody can ask: no pod is left that claims to be ready from an earlier run.
  batch.flush();

  return {
    logs: createLogSource((request) => pods.find(request.namespace, request.pod).logPlaceOf(request.container)),
    async stop() {
      for (const endWatch of endWatches) endWatch();
      batch.stop();
      endHeartbeat();
      await pods.halt();
      proxy.stop();
    },
    stats() {
      const { listeners, connections, refused } = proxy.stats();
      const proxied = { proxyListeners: listeners, proxyConnections: connections, proxyRefused: refused };
      return { ...counters, ...proxied, pods: pods.keys().size, processes: processes.count };
    },
  };
}

interface ResourceEvent {
  readonly resource: object;
  readonly event: WatchedEvent;
}

interface Batch {
  add(event: ResourceEvent): void;
  flush(): void;
  stop(): void;
}

/** Gathers events of one turn of the event loop: an answer to an event writes, and a write is an event again. */
function createBatch(onEvents: (events: readonly ResourceEvent[]) => void): Batch {
  let waiting: ResourceEvent[] = [];
  let scheduled: NodeJS.Immediate | undefined;
  const flush = (): void => {
    clearImmediate(scheduled);
    scheduled = undefined;
    const events = waiting;
    waiting = [];
    onEvents(events);
  };
  return {
    add(event) {
      waiting.push(event);
      scheduled ??= setImmediate(flush);
    },
    flush,
    stop: () => clearImmediate(scheduled),
  };
}

function applyService(services: Map<string, Service>, { type, object }: WatchedEvent): void {
  if (type === 'DELETED') services.delete(object.metadata.uid);
  else services.set(object.metadata.uid, object);
}

interface PodSet {
  apply(event: WatchedEvent): void;
  /** Objects that pods of these namespaces may refer to have changed. */
  refresh(namespaces: ReadonlySet<string>): void;
  objects(): readonly Pod[];
  keys(): ReadonlySet<string>;
  /** Throws an Error with a readable message for an unknown pod. */
  find(namespace: string, name: string): PodWorker;
  halt(): Promise<void>;
}

function createPodSet(context: KubeletContext, addressOf: (pod: Pod) => string): PodSet {
  const workers = new Map<string, PodWorker>();
  /** Pods whose object is gone and whose processes still end: a pod of the same name waits for them, it gets their address. */
  const closing = new Map<string, Promise<void>>();
  let halted = false;

  const accept = (pod: Pod): void => {
    if (!isOurs(context, pod)) return;
    const known = workers.get(pod.metadata.uid);
    if (known !== undefined) {
      known.update(pod);
      return;
    }
    const worker = new PodWorker(context, pod, addressOf(pod));
    workers.set(pod.metadata.uid, worker);
    const before = closing.get(podKeyOf(pod));
    if (before === undefined) worker.start();
    else void before.then(() => workers.get(pod.metadata.uid) === worker && !halted && worker.start());
  };

  const release = (pod: KubeObject): void => {
    const worker = workers.get(pod.metadata.uid);
    if (worker === undefined) return;
    workers.delete(pod.metadata.uid);
    const key = podKeyOf(pod);
    const onError = (error: unknown): void =>
      context.log.error({ pod: key, error: String(error) }, 'a removed pod could not be cleaned up');
    const done = Promise.all([closing.get(key), worker.discard()])
      .catch(onError)
      .then(() => {
        if (closing.get(key) === done) closing.delete(key);
      });
    closing.set(key, done);
  };

  return {
    apply({ type, object }) {
      if (halted) return;
      if (type === 'DELETED') {
        release(object);
        return;
      }
      try {
        accept(object as Pod);
      } catch (error) {
        recordEvent(context, object, { type: 'Warning', reason: 'FailedCreatePodSandBox', message: messageOf(error) });
        throw error;
      }
    },
    refresh(namespaces) {
      if (namespaces.size === 0) return;
      for (const worker of workers.values()) if (namespaces.has(worker.pod.metadata.namespace ?? 'default')) worker.refresh();
    },
    objects: () => [...workers.values()].map(({ pod }) => pod),
    keys: () => new Set([...workers.values()].map(({ pod }) => podKeyOf(pod))),
    find(namespace, name) {
      const found = [...workers.values()].find(({ pod }) => podKeyOf(pod) === `${namespace}/${name}`);
      if (found === undefined) throw new Error(`pod ${namespace}/${name} does not run on this machine`);
      return found;
    },
    async halt() {
      halted = true;
      await Promise.all([...workers.values()].map((worker) => worker.halt(stopGraceMs)));
      await Promise.all(closing.values());
    },
  };
}

/** Binds a pod that no node has yet; false for a pod of another node. */
function isOurs({ port, nodeName }: KubeletContext, pod: Pod): boolean {
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '') return pod.spec.nodeName === nodeName;
  const { namespace = 'default', name, uid } = pod.metadata;
  if (port.update === undefined) return true;
  port.update(podsResource, { namespace, name, uid }, (current) => ({ ...current, spec: { ...(current as Pod).spec, nodeName } }));
  port.recordEvent(pod, {
    type: 'Normal',
    reason: 'Scheduled',
    message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
    component: 'default-scheduler',
  });
  // The bound pod comes back as a change.
  return false;
}

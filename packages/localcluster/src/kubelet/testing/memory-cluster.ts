/** The least API server that a kubelet can live beside: objects in memory, changes in order. */

import type { ClusterPort, KubeObject, ObjectTarget, ResourceRef, WatchedEvent } from '../../cluster-port.ts';

export interface RecordedEvent {
  readonly about: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface MemoryCluster extends Required<ClusterPort> {
  readonly events: readonly RecordedEvent[];
  /** As `kubectl apply` of a whole object. */
  put(resource: ResourceRef, object: unknown): KubeObject;
  /** As `kubectl delete`: a pod with a node keeps its object until the kubelet has finished. */
  remove(resource: ResourceRef, namespace: string | undefined, name: string, graceSeconds?: number): void;
  /** Resolves with the object (undefined: gone) as soon as the condition holds. */
  until(
    resource: ResourceRef,
    namespace: string | undefined,
    name: string,
    holds: (object: KubeObject | undefined) => boolean,
  ): Promise<KubeObject | undefined>;
  /** @param about Name of the object it is about; any when left out. */
  untilEvent(reason: string, about?: string): Promise<RecordedEvent>;
}

export function createMemoryCluster(): MemoryCluster {
  const kinds = new Map<string, Map<string, KubeObject>>();
  const watchers = new Map<string, Set<(event: WatchedEvent) => void>>();
  const events: RecordedEvent[] = [];
  const waiters = new Set<() => void>();
  let version = 0;

  const kindOf = ({ group, plural }: ResourceRef): string => `${group}/${plural}`;
  const objectsOf = (resource: ResourceRef): Map<string, KubeObject> => {
    const objects = kinds.get(kindOf(resource)) ?? new Map();
    kinds.set(kindOf(resource), objects);
    return objects;
  };
  const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

  const publish = (resource: ResourceRef, event: WatchedEvent): void => {
    for (const onEvent of watchers.get(kindOf(resource)) ?? []) onEvent(event);
    for (const waiter of waiters) waiter();
  };

  const store = (resource: ResourceRef, object: unknown): KubeObject => {
    const body = object as KubeObject;
    const key = keyOf(body.metadata.namespace, body.metadata.name);
    const previous = objectsOf(resource).get(key);
    version++;
    const uid = previous?.metadata.uid ?? `uid-${version}`;
    const creationTimestamp = previous?.metadata.creationTimestamp ?? new Date().toISOString();
    const stored: KubeObject = { ...body, metadata: { ...body.metadata, uid, creationTimestamp, resourceVersion: String(version) } };
    objectsOf(resource).set(key, stored);
    publish(resource, { type: previous === undefined ? 'ADDED' : 'MODIFIED', object: stored });
    return stored;
  };

  const find = (resource: ResourceRef, namespace: string | undefined, name: string): KubeObject | undefined =>
    objectsOf(resource).get(keyOf(namespace, name));

  const erase = (resource: ResourceRef, object: KubeObject): void => {
    objectsOf(resource).delete(keyOf(object.metadata.namespace, object.metadata.name));
    publish(resource, { type: 'DELETED', object });
  };

  const change = (resource: ResourceRef, target: ObjectTarget, merge: (current: KubeObject) => unknown): KubeObject | undefined => {
    const current = find(resource, target.namespace, target.name);
    if (current === undefined || current.metadata.uid !== target.uid) return undefined;
    const next = merge(current);
    return JSON.stringify(next) === JSON.stringify(current) ? current : store(resource, next);
  };

  const until = <Value>(look: () => Value | undefined): Promise<Value> =>
    new Promise((resolve) => {
      const waiter = (): void => {
        const value = look();
        if (value === undefined) return;
        waiters.delete(waiter);
        resolve(value);
      };
      waiters.add(waiter);
      waiter();
    });

  return {
    events,
    find,
    list: (resource, namespace) =>
      [...objectsOf(resource).values()].filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
    watch(resource, onEvent) {
      const set = watchers.get(kindOf(resource)) ?? new Set();
      watchers.set(kindOf(resource), set.add(onEvent));
      for (const object of objectsOf(resource).values()) onEvent({ type: 'ADDED', object });
      return () => set.delete(onEvent);
    },
    create: store,
    put: store,
    updateStatus: (resource, target, merge) =>
      change(resource, target, (current) => ({ ...current, status: (merge(current) as { status?: unknown }).status })),
    update: (resource, target, merge) => change(resource, target, merge),
    finishDelete(resource, target) {
      const current = find(resource, target.namespace, target.name);
      if (current?.metadata.uid === target.uid) erase(resource, current);
    },
    recordEvent(about, { type, reason, message }) {
      events.push({ about: about.metadata.name, type, reason, message });
      for (const waiter of waiters) waiter();
    },
    serviceAccountToken: (namespace, name) => `token-of-${namespace}-${name}`,
    remove(resource, namespace, name, graceSeconds = 30) {
      const current = find(resource, namespace, name);
      if (current === undefined) return;
      if (resource.plural !== 'pods' || graceSeconds === 0) return erase(resource, current);
      const deletion = { deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: graceSeconds };
      store(resource, { ...current, metadata: { ...current.metadata, ...deletion } });
    },
    async until(resource, namespace, name, holds) {
      const found = await until(() => {
        const object = find(resource, namespace, name);
        return holds(object) ? { object } : undefined;
      });
      return found.object;
    },
    untilEvent: (reason, about) => until(() => events.find((event) => event.reason === reason && event.about === (about ?? event.about))),
  };
}

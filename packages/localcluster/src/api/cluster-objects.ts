import type { ClusterPort, KubeObject, ObjectTarget, ResourceRef } from '../cluster-port.ts';
import { clusterAudience, type TokenSigner } from './auth/token.ts';
import { systemUser } from './auth/user.ts';
import { eventResource } from './builtin/cluster.ts';
import { type ApiObject, cloneJson, isObject, type JsonObject, jsonOf, numberAt, objectAt, stringAt } from './json.ts';
import { eventCountMax } from './limits.ts';
import type { Registry } from './registry.ts';
import { type ResourceType, storeNameOf } from './resource.ts';
import type { ObjectStore } from './store.ts';
import { nowIso, type ObjectWriter, type WriteContext } from './write.ts';

const podTokenLifetimeSeconds = 365 * 86_400;

/** The kubelet's door: the same writer and store as the HTTP side, called directly. */
export function makeClusterPort(of: { store: ObjectStore; registry: Registry; writer: ObjectWriter; tokens: TokenSigner }): ClusterPort {
  const { store, registry, writer, tokens } = of;
  const typeOf = (resource: ResourceRef): ResourceType => {
    const type = registry.find(resource.group, resource.version, resource.plural);
    if (type === undefined) throw new Error(`no resource ${resource.plural} in ${resource.group}/${resource.version} is served`);
    return type;
  };
  const contextOf = (type: ResourceType, namespace: string | undefined, subresource: string): WriteContext => ({
    type,
    namespace: type.namespaced ? (namespace ?? 'default') : undefined,
    subresource,
    user: systemUser,
    dryRun: false,
    fieldManager: 'kubelet',
    fieldValidation: 'Ignore',
    warnings: [],
  });
  const findTarget = (type: ResourceType, target: ObjectTarget): ApiObject | undefined => {
    const object = store.findHead(storeNameOf(type), type.namespaced ? target.namespace : undefined, target.name);
    return object?.metadata.uid === target.uid ? object : undefined;
  };
  const change = (
    resource: ResourceRef,
    target: ObjectTarget,
    of_: { subresource: string; change: (current: KubeObject) => unknown },
  ): KubeObject | undefined => {
    const type = typeOf(resource);
    const current = findTarget(type, target);
    if (current === undefined) return undefined;
    const wanted = jsonOf(of_.change(current));
    if (!isObject(wanted)) throw new TypeError('a changed object is an object');
    const next: ApiObject = {
      ...wanted,
      apiVersion: current.apiVersion,
      kind: current.kind,
      metadata:
        of_.subresource === 'status' ? cloneJson(current.metadata) : { ...cloneJson(current.metadata), ...objectAt(wanted, 'metadata') },
    };
    const subresource = type.hasStatus ? of_.subresource : '';
    return writer.replace(contextOf(type, target.namespace, subresource), current, next).object;
  };
  return {
    find: (resource, namespace, name) => {
      const type = typeOf(resource);
      return store.findHead(storeNameOf(type), type.namespaced ? namespace : undefined, name);
    },
    list: (resource, namespace) => store.listHead(storeNameOf(typeOf(resource)), namespace),
    watch: (resource, onEvent) => {
      const storeName = storeNameOf(typeOf(resource));
      for (const object of store.list(storeName)) onEvent({ type: 'ADDED', object });
      return store.subscribe(storeName, (event) => onEvent({ type: event.type, object: event.object }));
    },
    create: (resource, object) => {
      const type = typeOf(resource);
      const body = jsonOf(object);
      return writer.create(contextOf(type, stringAt(body, 'metadata', 'namespace') || undefined, ''), body).object;
    },
    update: (resource, target, apply) => change(resource, target, { subresource: '', change: apply }),
    updateStatus: (resource, target, apply) => change(resource, target, { subresource: 'status', change: apply }),
    finishDelete: (resource, target) => {
      const type = typeOf(resource);
      const object = findTarget(type, target);
      if (object === undefined) return;
      if ((object.metadata.finalizers ?? []).length === 0) {
        writer.remove(type, object);
        return;
      }
      const metadata = { ...cloneJson(object.metadata), deletionGracePeriodSeconds: 0 };
      metadata.deletionTimestamp ??= nowIso();
      store.commit(storeNameOf(type), object, {
        ...cloneJson<JsonObject>(object),
        apiVersion: object.apiVersion,
        kind: object.kind,
        metadata,
      });
    },
    recordEvent: (about, event) =>
      recordEvent({ store, writer, context: contextOf(eventResource, about.metadata.namespace ?? 'default', '') }, about, event),
    serviceAccountToken: (namespace, name) => {
      const account = store.findHead('/serviceaccounts', namespace, name);
      if (account === undefined) throw new Error(`serviceaccounts "${name}" in namespace "${namespace}" does not exist`);
      const nowSeconds = Math.floor(Date.now() / 1000);
      return tokens.sign(
        {
          namespace,
          name,
          uid: account.metadata.uid,
          audiences: [clusterAudience],
          expiresUnixSeconds: nowSeconds + podTokenLifetimeSeconds,
        },
        nowSeconds,
      );
    },
  };
}

interface EventSink {
  readonly store: ObjectStore;
  readonly writer: ObjectWriter;
  readonly context: WriteContext;
}

/** Writes an Event, or counts up the one that says the same of the same object. */
function recordEvent(
  sink: EventSink,
  about: KubeObject,
  event: { type: 'Normal' | 'Warning'; reason: string; message: string; component: string },
): void {
  const namespace = about.metadata.namespace ?? 'default';
  const owner = sink.store.findHead('/namespaces', undefined, namespace);
  if (owner === undefined || owner.metadata.deletionTimestamp !== undefined) return;
  const known = sink.store
    .listHead('/events', namespace)
    .find(
      (object) =>
        stringAt(object, 'involvedObject', 'uid') === about.metadata.uid &&
        object['reason'] === event.reason &&
        object['message'] === event.message,
    );
  if (known !== undefined) {
    const next: ApiObject = {
      ...cloneJson<JsonObject>(known),
      apiVersion: 'v1',
      kind: 'Event',
      metadata: cloneJson(known.metadata),
      count: (numberAt(known, 'count') ?? 1) + 1,
      lastTimestamp: nowIso(),
    };
    sink.writer.replace(sink.context, known, next);
    return;
  }
  const { name, uid, resourceVersion } = about.metadata;
  sink.writer.create(sink.context, {
    metadata: { generateName: `${name.slice(0, 50)}.`, namespace },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      namespace: about.metadata.namespace ?? '',
      uid,
      resourceVersion,
    },
    type: event.type,
    reason: event.reason,
    message: event.message.slice(0, 1024),
    source: { component: event.component },
    reportingComponent: event.component,
    reportingInstance: '',
    firstTimestamp: nowIso(),
    lastTimestamp: nowIso(),
    count: 1,
  });
}

/** Removes the oldest Events above the limit. */
export function trimEvents(of: { store: ObjectStore; writer: ObjectWriter }): void {
  const events = of.store.listHead('/events');
  if (events.length <= eventCountMax) return;
  const oldest = events
    .sort((left, right) => Number(left.metadata.resourceVersion) - Number(right.metadata.resourceVersion))
    .slice(0, events.length - Math.floor(eventCountMax * 0.9));
  for (const event of oldest) of.writer.remove(eventResource, event);
}

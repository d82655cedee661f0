import { namespaceResource } from '../builtin/cluster.ts';
import { configMapResource, serviceAccountResource } from '../builtin/configuration.ts';
import { deleteObject } from '../delete.ts';
import { type ApiObject, cloneJson, type JsonObject } from '../json.ts';
import { storeNameOf } from '../resource.ts';
import { StatusError } from '../status-error.ts';
import type { StoreEvent } from '../store.ts';
import { type ControllerContext, controllerWrite } from './controller.ts';

/** Gives each namespace its default ServiceAccount and the cluster's CA, and empties it before it goes. */
export function runNamespaces(context: ControllerContext & { caPem: string }): () => void {
  const { store, registry } = context;
  const terminating = new Set<string>();
  const settle = (seen: ApiObject): void => {
    const { name } = seen.metadata;
    const namespace = store.findHead('/namespaces', undefined, name);
    if (namespace === undefined) return;
    if (namespace.metadata.deletionTimestamp === undefined) return furnish(context, name);
    terminating.add(name);
    sweep(context, name, terminating);
  };
  const onContent = (event: StoreEvent): void => {
    const { namespace } = event.object.metadata;
    if (namespace === undefined) return;
    if (event.type === 'DELETED' && terminating.has(namespace)) sweep(context, namespace, terminating);
    else if (event.type === 'DELETED' && isFurniture(event.object)) {
      const owner = store.findHead('/namespaces', undefined, namespace);
      if (owner !== undefined) settle(owner);
    }
  };
  for (const namespace of store.list('/namespaces')) settle(namespace);
  const unsubscribeNamespaces = store.subscribe('/namespaces', (event) => {
    if (event.type !== 'DELETED') settle(event.object);
  });
  const unsubscribeContent = new Map<string, () => void>();
  const follow = (): void => {
    for (const type of registry.all()) {
      const storeName = storeNameOf(type);
      if (type.namespaced && !unsubscribeContent.has(storeName)) unsubscribeContent.set(storeName, store.subscribe(storeName, onContent));
    }
  };
  follow();
  const unsubscribeDefinitions = store.subscribe('apiextensions.k8s.io/customresourcedefinitions', follow);
  return () => {
    unsubscribeNamespaces();
    unsubscribeDefinitions();
    for (const unsubscribe of unsubscribeContent.values()) unsubscribe();
  };
}

function isFurniture(object: ApiObject): boolean {
  return (
    (object.kind === 'ServiceAccount' && object.metadata.name === 'default') ||
    (object.kind === 'ConfigMap' && object.metadata.name === 'kube-root-ca.crt')
  );
}

function furnish(context: ControllerContext & { caPem: string }, namespace: string): void {
  const { store, writer } = context;
  if (store.findHead('/serviceaccounts', namespace, 'default') === undefined) {
    writer.create(controllerWrite(serviceAccountResource, namespace), { metadata: { name: 'default' } });
  }
  const data = { 'ca.crt': context.caPem };
  const known = store.findHead('/configmaps', namespace, 'kube-root-ca.crt');
  const write = controllerWrite(configMapResource, namespace);
  if (known === undefined) writer.create(write, { metadata: { name: 'kube-root-ca.crt' }, data });
  else
    writer.replace(write, known, {
      ...cloneJson<JsonObject>(known),
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: cloneJson(known.metadata),
      data,
    });
}

/** Deletes what is left in a namespace; once nothing is, the namespace. */
function sweep(context: ControllerContext, name: string, terminating: Set<string>): void {
  const { store, writer, registry } = context;
  let left = 0;
  const seen = new Set<string>();
  for (const type of registry.all()) {
    const storeName = storeNameOf(type);
    if (!type.namespaced || seen.has(storeName)) continue;
    seen.add(storeName);
    for (const object of store.listHead(storeName, name)) {
      if (object.metadata.deletionTimestamp === undefined) {
        try {
          deleteObject(context, controllerWrite(type, name), object.metadata.name, { propagation: 'Background', preconditions: {} });
        } catch (cause) {
          if (!(cause instanceof StatusError)) throw cause;
        }
      }
    }
    left += store.listHead(storeName, name).length;
  }
  const namespace = store.findHead('/namespaces', undefined, name);
  if (left > 0 || namespace === undefined || (namespace.metadata.finalizers ?? []).length > 0) return;
  terminating.delete(name);
  writer.remove(namespaceResource, namespace);
}

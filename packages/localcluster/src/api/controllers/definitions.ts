import { definitionResource, establishedStatus } from '../builtin/custom-resource-definition.ts';
import { deleteObject, dropFinalizer } from '../delete.ts';
import { type ApiObject, cloneJson, equalJson, type JsonObject, stringAt } from '../json.ts';
import { storeNameOf } from '../resource.ts';
import { nowIso } from '../write.ts';
import { type ControllerContext, controllerWrite } from './controller.ts';

const cleanup = 'customresourcecleanup.apiextensions.k8s.io';

/** Serves what CustomResourceDefinitions say, establishes them, and empties them before they go. */
export function runDefinitions(context: ControllerContext): () => void {
  const { store, registry } = context;
  const storeName = storeNameOf(definitionResource);
  for (const definition of store.list(storeName)) registry.define(definition);
  for (const definition of store.list(storeName)) settle(context, definition);
  return store.subscribe(storeName, (event) => {
    if (event.type === 'DELETED') registry.undefine(event.object.metadata.name);
    else if (event.old === undefined || !equalJson(event.old['spec'], event.object['spec'])) registry.define(event.object);
    if (event.type !== 'DELETED') settle(context, event.object);
  });
}

function settle(context: ControllerContext, seen: ApiObject): void {
  const { store } = context;
  const storeName = storeNameOf(definitionResource);
  const definition = store.findHead(storeName, undefined, seen.metadata.name);
  if (definition === undefined) return;
  if (definition.metadata.deletionTimestamp !== undefined) {
    empty(context, definition);
    return;
  }
  const status = establishedStatus(definition, nowIso());
  const finalizers = definition.metadata.finalizers ?? [];
  if (equalJson(definition['status'], status) && finalizers.includes(cleanup)) return;
  const next: ApiObject = {
    ...cloneJson<JsonObject>(definition),
    apiVersion: definition.apiVersion,
    kind: definition.kind,
    status,
    metadata: { ...cloneJson(definition.metadata), finalizers: finalizers.includes(cleanup) ? finalizers : [...finalizers, cleanup] },
  };
  store.commit(storeName, definition, next);
}

/** Deletes every object of a definition that is being deleted; the last one's departure lets the definition go. */
function empty(context: ControllerContext, definition: ApiObject): void {
  const { store, registry } = context;
  const group = stringAt(definition, 'spec', 'group');
  const plural = stringAt(definition, 'spec', 'names', 'plural');
  const type = registry.findAnyVersion(group, plural);
  const write = controllerWrite(definitionResource, undefined);
  const left = store.listHead(`${group}/${plural}`);
  if (type === undefined || left.length === 0) {
    dropFinalizer(context, write, definition, cleanup);
    return;
  }
  const unsubscribe = store.subscribe(`${group}/${plural}`, (event) => {
    if (event.type !== 'DELETED' || store.listHead(`${group}/${plural}`).length > 0) return;
    unsubscribe();
    const current = store.findHead(storeNameOf(definitionResource), undefined, definition.metadata.name);
    if (current !== undefined) dropFinalizer(context, write, current, cleanup);
  });
  for (const object of left) {
    if (object.metadata.deletionTimestamp === undefined)
      deleteObject(context, controllerWrite(type, object.metadata.namespace), object.metadata.name, {
        propagation: 'Background',
        preconditions: {},
      });
  }
}

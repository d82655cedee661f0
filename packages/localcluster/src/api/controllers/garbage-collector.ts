import { deleteObject, dropFinalizer } from '../delete.ts';
import { type ApiObject, cloneJson, type JsonObject } from '../json.ts';
import { type ResourceType, storeNameOf } from '../resource.ts';
import { nameKey, type StoreEvent } from '../store.ts';
import { type ControllerContext, controllerWrite } from './controller.ts';

interface Dependent {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Deletes objects whose owners are all gone, and serves foreground deletion and orphaning. */
export function runGarbageCollector(context: ControllerContext): () => void {
  const collector = new GarbageCollector(context);
  collector.start();
  return () => collector.stop();
}

class GarbageCollector {
  readonly #context: ControllerContext;
  readonly #dependentsOf = new Map<string, Map<string, Dependent>>();
  readonly #unsubscribe = new Map<string, () => void>();

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  start(): void {
    this.#follow();
    this.#unsubscribe.set(
      'definitions',
      this.#context.store.subscribe('apiextensions.k8s.io/customresourcedefinitions', () => this.#follow()),
    );
    for (const { type, object } of this.#all()) if (this.#isAbandoned(object)) this.#delete(type, object);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe.values()) unsubscribe();
  }

  *#all(): Iterable<{ type: ResourceType; object: ApiObject }> {
    const seen = new Set<string>();
    for (const type of this.#context.registry.all()) {
      const storeName = storeNameOf(type);
      if (seen.has(storeName)) continue;
      seen.add(storeName);
      for (const object of this.#context.store.listHead(storeName)) yield { type, object };
    }
  }

  #follow(): void {
    for (const type of this.#context.registry.all()) {
      const storeName = storeNameOf(type);
      if (this.#unsubscribe.has(storeName)) continue;
      for (const object of this.#context.store.listHead(storeName)) this.#index(type, object);
      this.#unsubscribe.set(
        storeName,
        this.#context.store.subscribe(storeName, (event) => this.#onEvent(type, event)),
      );
    }
  }

  #index(type: ResourceType, object: ApiObject): void {
    const { name, namespace } = object.metadata;
    for (const owner of object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependentsOf.get(owner.uid) ?? new Map<string, Dependent>();
      dependents.set(`${storeNameOf(type)}/${nameKey(namespace, name)}`, { type, namespace, name });
      this.#dependentsOf.set(owner.uid, dependents);
    }
  }

  #onEvent(type: ResourceType, event: StoreEvent): void {
    const { object } = event;
    try {
      if (event.type === 'DELETED') this.#onDeleted(object);
      else {
        this.#index(type, object);
        const current = this.#context.store.findHead(storeNameOf(type), object.metadata.namespace, object.metadata.name);
        if (current === undefined) return;
        if (this.#isAbandoned(current)) this.#delete(type, current);
        else if (current.metadata.deletionTimestamp !== undefined) this.#onDeleting(type, current);
      }
    } catch (cause) {
      this.#context.onFault('garbage-collector', cause);
    }
  }

  #onDeleted(owner: ApiObject): void {
    for (const { type, object } of this.#dependents(owner.metadata.uid)) if (this.#isAbandoned(object)) this.#delete(type, object);
    this.#dependentsOf.delete(owner.metadata.uid);
    for (const reference of owner.metadata.ownerReferences ?? []) this.#onDependentGone(reference);
  }

  #onDependentGone(reference: { apiVersion: string; kind: string; name: string; uid: string }): void {
    const type = this.#context.registry.findKind(reference.apiVersion, reference.kind);
    if (type === undefined) return;
    const owner = this.#context.store.listHead(storeNameOf(type)).find((object) => object.metadata.uid === reference.uid);
    if (owner?.metadata.deletionTimestamp !== undefined) this.#onDeleting(type, owner);
  }

  #onDeleting(type: ResourceType, owner: ApiObject): void {
    const finalizers = owner.metadata.finalizers ?? [];
    const dependents = [...this.#dependents(owner.metadata.uid)];
    const write = controllerWrite(type, owner.metadata.namespace);
    if (finalizers.includes('orphan')) {
      for (const dependent of dependents) this.#release(dependent, owner.metadata.uid);
      dropFinalizer(this.#context, write, owner, 'orphan');
    } else if (finalizers.includes('foregroundDeletion')) {
      const blocking = dependents.filter(({ object }) =>
        (object.metadata.ownerReferences ?? []).some(
          (reference) => reference.uid === owner.metadata.uid && reference.blockOwnerDeletion === true,
        ),
      );
      for (const { type: dependentType, object } of dependents)
        if (object.metadata.deletionTimestamp === undefined) this.#delete(dependentType, object);
      const left = blocking.filter(
        ({ type: dependentType, object }) =>
          this.#context.store.findHead(storeNameOf(dependentType), object.metadata.namespace, object.metadata.name) !== undefined,
      );
      if (left.length === 0) dropFinalizer(this.#context, write, owner, 'foregroundDeletion');
    }
  }

  *#dependents(uid: string): Iterable<{ type: ResourceType; object: ApiObject }> {
    for (const { type, namespace, name } of this.#dependentsOf.get(uid)?.values() ?? []) {
      const object = this.#context.store.findHead(storeNameOf(type), namespace, name);
      if (object !== undefined && (object.metadata.ownerReferences ?? []).some((reference) => reference.uid === uid))
        yield { type, object };
    }
  }

  #release(dependent: { type: ResourceType; object: ApiObject }, uid: string): void {
    const { object, type } = dependent;
    const metadata = cloneJson(object.metadata);
    metadata.ownerReferences = (metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
    this.#context.store.commit(storeNameOf(type), object, {
      ...cloneJson<JsonObject>(object),
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata,
    });
  }

  /** True when an object has owners and none of them exists; an owner of an unknown kind is taken to exist. */
  #isAbandoned(object: ApiObject): boolean {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0 || object.metadata.deletionTimestamp !== undefined) return false;
    return owners.every((owner) => {
      const type = this.#context.registry.findKind(owner.apiVersion, owner.kind);
      if (type === undefined) return false;
      const found = this.#context.store.findHead(storeNameOf(type), type.namespaced ? object.metadata.namespace : undefined, owner.name);
      return found?.metadata.uid !== owner.uid;
    });
  }

  #delete(type: ResourceType, object: ApiObject): void {
    if (object.metadata.deletionTimestamp !== undefined) return;
    deleteObject(this.#context, controllerWrite(type, object.metadata.namespace), object.metadata.name, {
      propagation: 'Background',
      preconditions: { uid: object.metadata.uid },
    });
  }
}

import { type ApiObject, cloneJson, isObject, type Json, type JsonObject, numberAt, objectAt, stringAt } from './json.ts';
import { storeNameOf } from './resource.ts';
import { conflict, invalidOptions, notFound, notSupported } from './status-error.ts';
import type { ObjectStore } from './store.ts';
import { type ObjectWriter, resourceName, type WriteContext, type Written } from './write.ts';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagation: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions: JsonObject;
  /** Asked for in the body, where clients of DELETE put it. */
  readonly isDryRun?: boolean;
}

/** Reads `metav1.DeleteOptions` from the body, or from the query where the body has none. @throws StatusError 422 */
export function deleteOptionsOf(body: Json, query: URLSearchParams): DeleteOptions {
  const inQuery = query.get('gracePeriodSeconds');
  const grace = numberAt(body, 'gracePeriodSeconds') ?? (inQuery === null ? undefined : Number(inQuery));
  const policy = stringAt(body, 'propagationPolicy') || (query.get('propagationPolicy') ?? '');
  const policies = ['Foreground', 'Background', 'Orphan', 'nil'];
  if (policy !== '' && !policies.slice(0, 3).includes(policy))
    throw invalidOptions('DeleteOptions', [notSupported('propagationPolicy', policy, policies)]);
  const isOrphaning = isObject(body) && body['orphanDependents'] === true;
  return {
    ...(grace === undefined || Number.isNaN(grace) ? {} : { gracePeriodSeconds: Math.max(0, grace) }),
    propagation: policy === 'Foreground' ? 'Foreground' : policy === 'Orphan' || isOrphaning ? 'Orphan' : 'Background',
    preconditions: objectAt(body, 'preconditions'),
    isDryRun: isObject(body) && Array.isArray(body['dryRun']) && body['dryRun'].includes('All'),
  };
}

/**
 * Begins or completes the deletion of an object: a pod waits for its kubelet, a namespace for its content, anything with
 * finalizers for those who hold them.
 *
 * @throws StatusError 404, or 409 when a precondition fails.
 */
export function deleteObject(
  of: { store: ObjectStore; writer: ObjectWriter },
  request: WriteContext,
  name: string,
  options: DeleteOptions,
): Written {
  const context = { ...request, dryRun: request.dryRun || options.isDryRun === true };
  const { type } = context;
  const old = of.store.findHead(storeNameOf(type), context.namespace, name);
  if (old === undefined) throw notFound(resourceName(type, name));
  refuseOtherObject(old, context, options.preconditions);
  const finalizers = new Set(old.metadata.finalizers ?? []);
  if (options.propagation === 'Foreground') finalizers.add('foregroundDeletion');
  if (options.propagation === 'Orphan') finalizers.add('orphan');
  const isPod = type.kind === 'Pod' && type.group === '';
  const isNamespace = type.kind === 'Namespace' && type.group === '';
  const graceSeconds = isPod ? graceOf(old, options) : 0;
  const isHeld = finalizers.size > 0 || graceSeconds > 0 || isNamespace;
  if (!isHeld) {
    if (context.dryRun) return { object: old, isCreated: false, isRemoved: true, durable: Promise.resolve() };
    return of.writer.remove(type, old);
  }
  if (old.metadata.deletionTimestamp !== undefined && (old.metadata.deletionGracePeriodSeconds ?? 0) <= graceSeconds) {
    return { object: old, isCreated: false, isRemoved: false, durable: Promise.resolve() };
  }
  const next: ApiObject = { ...old, metadata: { ...cloneJson(old.metadata), finalizers: [...finalizers] } };
  if (finalizers.size === 0) delete next.metadata.finalizers;
  next.metadata.deletionTimestamp = new Date(Date.now() + graceSeconds * 1000).toISOString().replace(/\.\d+/, '');
  next.metadata.deletionGracePeriodSeconds = graceSeconds;
  if (old.metadata.generation !== undefined) next.metadata.generation = old.metadata.generation + 1;
  if (isNamespace) next['status'] = { ...objectAt(old, 'status'), phase: 'Terminating' };
  if (context.dryRun) return { object: next, isCreated: false, isRemoved: false, durable: Promise.resolve() };
  const { object, durable } = of.store.commit(storeNameOf(type), old, next);
  return { object, isCreated: false, isRemoved: false, durable };
}

function graceOf(pod: ApiObject, options: DeleteOptions): number {
  const isPlaced = stringAt(pod, 'spec', 'nodeName') !== '';
  const isOver = ['Succeeded', 'Failed'].includes(stringAt(pod, 'status', 'phase'));
  if (!isPlaced || isOver) return 0;
  return options.gracePeriodSeconds ?? numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30;
}

function refuseOtherObject(old: ApiObject, context: WriteContext, preconditions: JsonObject): void {
  const { type } = context;
  // Named by its kind, as the real server does here and nowhere else.
  const of = { group: type.group, plural: type.kind, kind: type.plural, name: old.metadata.name };
  const uid = stringAt(preconditions, 'uid');
  const version = stringAt(preconditions, 'resourceVersion');
  if (uid !== '' && uid !== old.metadata.uid)
    throw conflict(
      of,
      `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`,
    );
  if (version !== '' && version !== old.metadata.resourceVersion) {
    throw conflict(
      of,
      `the ResourceVersion in the precondition (${version}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** The object with its deletion done as far as `finalizer` goes; removes it when that was the last. */
export function dropFinalizer(
  of: { store: ObjectStore; writer: ObjectWriter },
  context: WriteContext,
  object: ApiObject,
  finalizer: string,
): Written {
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  const next: ApiObject = { ...object, metadata: { ...cloneJson(object.metadata), finalizers } };
  if (finalizers.length === 0) delete next.metadata.finalizers;
  if (finalizers.length === 0 && (object.metadata.deletionGracePeriodSeconds ?? 0) === 0) return of.writer.remove(context.type, object);
  const { object: stored, durable } = of.store.commit(storeNameOf(context.type), object, next);
  return { object: stored, isCreated: false, isRemoved: false, durable };
}

/** What a delete answers once the object is gone. */
export function deletedStatus(context: WriteContext, object: ApiObject): JsonObject {
  const { type } = context;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: object.metadata.name,
      ...(type.group === '' ? {} : { group: type.group }),
      kind: type.plural,
      uid: object.metadata.uid,
    },
  };
}

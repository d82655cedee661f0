import { randomBytes, randomUUID } from 'node:crypto';
import type { User } from './auth/user.ts';
import { validateMetadata, validateMetadataUpdate } from './builtin/names.ts';
import { type ApiObject, cloneJson, equalJson, isObject, type Json, type JsonObject, type Meta, objectAt, stringAt } from './json.ts';
import { objectBytesMax } from './limits.ts';
import { type Manager, trackUpdate } from './patch/managed-fields.ts';
import { apiVersionOf, type ResourceType, storeNameOf } from './resource.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalidObject,
  invalidValue,
  notFound,
  type ObjectName,
  StatusError,
  staleWrite,
  tooLarge,
} from './status-error.ts';
import type { ObjectStore } from './store.ts';

/** How a write was asked for. */
export interface WriteContext {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  /** '' or 'status'. */
  readonly subresource: string;
  readonly user: User;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  readonly warnings: string[];
}

/** A write that is accepted: the object as stored, and when it is on disk. */
export interface Written {
  readonly object: ApiObject;
  readonly isCreated: boolean;
  readonly isRemoved: boolean;
  readonly durable: Promise<void>;
}

export interface WriterHooks {
  /** @throws StatusError 403 when this user may not grant what the object grants. */
  readonly refuseEscalation: (user: User, object: ApiObject) => void;
  readonly allocateClusterIp: (wanted: string) => string;
  /** @throws StatusError 403 when the namespace's quotas have no room for the object. */
  readonly refuseOverQuota: (type: ResourceType, object: ApiObject) => void;
}

const done = Promise.resolve();

function objectName(type: ResourceType, name: string): ObjectName & { kind: string } {
  return { group: type.group, plural: type.plural, kind: type.kind, name };
}

/** Kinds whose objects are only replaced by whoever names the version he read; all custom ones, and these. */
const conditionalKinds = new Set([
  'leases.coordination.k8s.io',
  'poddisruptionbudgets.policy',
  'customresourcedefinitions.apiextensions.k8s.io',
]);

function isUpdatedConditionally(type: ResourceType): boolean {
  return type.custom !== undefined || conditionalKinds.has(`${type.plural}.${type.group}`);
}

/** Reference by plural, as the details of most refusals name things. */
export function resourceName(type: ResourceType, name: string): ObjectName {
  return { group: type.group, plural: type.plural, name };
}

/** Checks, completes and stores objects; every write of the server passes here. */
export class ObjectWriter {
  readonly #store: ObjectStore;
  readonly #hooks: WriterHooks;

  constructor(store: ObjectStore, hooks: WriterHooks) {
    this.#store = store;
    this.#hooks = hooks;
  }

  /** @throws StatusError 400, 403, 404 (namespace), 409, 413, 422. */
  create(context: WriteContext, body: Json): Written {
    const { type } = context;
    const object = this.#parse(context, body);
    const { metadata } = object;
    if (metadata.name === '' && typeof metadata['generateName'] === 'string')
      metadata.name = `${metadata['generateName'].slice(0, 58)}${randomSuffix()}`;
    if (typeof metadata['resourceVersion'] === 'string' && metadata['resourceVersion'] !== '' && metadata['resourceVersion'] !== '0') {
      throw badRequest('resourceVersion should not be set on objects to be created');
    }
    this.#refuseMissingNamespace(context, metadata.name);
    if (this.#store.findHead(storeNameOf(type), context.namespace, metadata.name) !== undefined)
      throw alreadyExists(resourceName(type, metadata.name));
    metadata.uid = randomUUID();
    metadata.creationTimestamp = nowIso();
    delete metadata['selfLink'];
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    if (type.hasGeneration) metadata.generation = 1;
    else delete metadata.generation;
    if (type.hasStatus) delete object['status'];
    this.#complete(context, object, undefined);
    this.#hooks.refuseOverQuota(type, object);
    const managed = metadata['managedFields'];
    if (!Array.isArray(managed) || managed.length === 0) this.#track(context, object, undefined);
    return this.#accept(context, undefined, object);
  }

  /**
   * Replaces an object, or its status only.
   *
   * @throws StatusError 404, 409 (stale resourceVersion or other uid), 422.
   */
  update(context: WriteContext, name: string, body: Json): Written {
    const { type } = context;
    const old = this.#store.findHead(storeNameOf(type), context.namespace, name);
    if (old === undefined) throw notFound(resourceName(type, name));
    const next = this.#parse(context, body);
    const { uid, resourceVersion } = next.metadata;
    if (uid !== '' && uid !== old.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
      throw conflict(resourceName(type, name), why);
    }
    if (resourceVersion === '' && isUpdatedConditionally(type)) {
      const missing = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update');
      throw invalidObject({ ...resourceName(type, name), kind: type.plural }, [missing]);
    }
    return this.replace(context, old, next);
  }

  /**
   * Stores `next` in place of `old`; the part of every update and patch that comes after merging.
   *
   * @param isOwnershipKnown Whether `next` already says who owns which field, as after a server-side apply.
   */
  replace(context: WriteContext, old: ApiObject, next: ApiObject, isOwnershipKnown = false): Written {
    const { type } = context;
    const name = old.metadata.name;
    const errors = identityProblems(old, next);
    if (errors !== undefined) throw badRequest(errors);
    const wantedVersion = stringAt(next, 'metadata', 'resourceVersion');
    if (wantedVersion !== '' && wantedVersion !== old.metadata.resourceVersion) throw conflict(resourceName(type, name), staleWrite);
    const wantedUid = stringAt(next, 'metadata', 'uid');
    if (wantedUid !== '' && wantedUid !== old.metadata.uid)
      throw invalidObject(objectName(type, name), [invalidValue('metadata.uid', wantedUid, 'field is immutable')]);
    const managed = next.metadata['managedFields'];
    const object = context.subresource === 'status' ? statusReplaced(old, next) : withServerFields(old, next, type);
    this.#complete(context, object, old);
    const isManagedSet = isOwnershipKnown || !equalJson(managed, old.metadata['managedFields']);
    if (isManagedSet && Array.isArray(managed)) object.metadata['managedFields'] = managed;
    else this.#track(context, object, old);
    if (type.hasGeneration) object.metadata.generation = (old.metadata.generation ?? 1) + (isSpecChanged(type, old, object) ? 1 : 0);
    if (equalJson(withoutTimes(old), withoutTimes(object))) return { object: old, isCreated: false, isRemoved: false, durable: done };
    return this.#accept(context, old, object);
  }

  #parse(context: WriteContext, body: Json): ApiObject {
    const { type } = context;
    if (!isObject(body)) throw badRequest('the body is not an object');
    const apiVersion = stringAt(body, 'apiVersion') || apiVersionOf(type);
    const kind = stringAt(body, 'kind') || type.kind;
    if (kind !== type.kind || apiVersion !== apiVersionOf(type)) {
      const [shown, expected] =
        kind === type.kind ? [apiVersion, apiVersionOf(type)] : [`${apiVersion}, Kind=${kind}`, `${apiVersionOf(type)}, Kind=${type.kind}`];
      throw badRequest(`the API version in the data (${shown}) does not match the expected API version (${expected})`);
    }
    const metadata = body['metadata'] === null || body['metadata'] === undefined ? {} : body['metadata'];
    if (!isObject(metadata)) throw badRequest('metadata is not an object');
    for (const field of ['name', 'namespace', 'generateName', 'uid', 'resourceVersion']) {
      if (metadata[field] !== undefined && metadata[field] !== null && typeof metadata[field] !== 'string')
        throw badRequest(`metadata.${field} is not a string`);
    }
    for (const field of ['labels', 'annotations'])
      if (!isAbsent(metadata[field]) && !isObject(metadata[field])) throw badRequest(`metadata.${field} is not an object`);
    for (const field of ['finalizers', 'ownerReferences'])
      if (!isAbsent(metadata[field]) && !Array.isArray(metadata[field])) throw badRequest(`metadata.${field} is not a list`);
    const namespace = stringAt(metadata, 'namespace');
    if (namespace !== '' && namespace !== (context.namespace ?? '')) {
      throw badRequest(
        `the namespace of the provided object does not match the namespace sent on the request: got ${JSON.stringify(namespace)}, expected ${JSON.stringify(context.namespace ?? '')}`,
      );
    }
    const copy = cloneJson({ ...body, metadata });
    const meta: Meta = Object.assign(objectAt(copy, 'metadata'), {
      name: stringAt(metadata, 'name'),
      uid: stringAt(metadata, 'uid'),
      resourceVersion: stringAt(metadata, 'resourceVersion'),
      creationTimestamp: stringAt(metadata, 'creationTimestamp'),
    });
    if (context.namespace !== undefined) meta.namespace = context.namespace;
    else delete meta.namespace;
    return { ...copy, apiVersion, kind, metadata: meta };
  }

  #refuseMissingNamespace(context: WriteContext, name: string): void {
    if (context.namespace === undefined) return;
    const namespace = this.#store.findHead('/namespaces', undefined, context.namespace);
    if (namespace === undefined) throw notFound({ group: '', plural: 'namespaces', name: context.namespace });
    if (namespace.metadata.deletionTimestamp !== undefined) {
      const why = `unable to create new content in namespace ${context.namespace} because it is being terminated`;
      throw forbidden(resourceName(context.type, name), why, [
        { reason: 'NamespaceTerminating', message: `namespace ${context.namespace} is being terminated`, field: 'metadata.namespace' },
      ]);
    }
  }

  /** Prunes, fills defaults and validates, in that order. */
  #complete(context: WriteContext, object: ApiObject, old: ApiObject | undefined): void {
    const { type } = context;
    if (type.custom !== undefined) {
      this.#reportUnknown(context, type.custom.prune(object));
      type.custom.applyDefaults(object);
    }
    type.strategy.prepare?.(object, { old, allocateClusterIp: this.#hooks.allocateClusterIp });
    const about = [...validateMetadata(object, type), ...(old === undefined ? [] : validateMetadataUpdate(object, old))];
    const structure = type.custom?.validate(object, old, about) ?? type.strategy.validate?.(object, old) ?? [];
    const errors = [...about, ...structure];
    if (errors.length > 0) throw invalidObject(objectName(type, object.metadata.name), errors);
    if (
      type.group === 'rbac.authorization.k8s.io' &&
      !(old !== undefined && equalJson({ ...old, metadata: {} }, { ...object, metadata: {} }))
    ) {
      this.#hooks.refuseEscalation(context.user, object);
    }
  }

  #reportUnknown(context: WriteContext, paths: readonly string[]): void {
    if (paths.length === 0 || context.fieldValidation === 'Ignore') return;
    const messages = paths.map((path) => `unknown field ${JSON.stringify(path)}`);
    if (context.fieldValidation === 'Strict') {
      throw new StatusError({
        code: 400,
        reason: 'BadRequest',
        message: `${context.type.kind} in version ${JSON.stringify(context.type.version)} cannot be handled as a ${context.type.kind}: strict decoding error: ${messages.join(', ')}`,
      });
    }
    context.warnings.push(...messages);
  }

  #track(context: WriteContext, object: ApiObject, old: ApiObject | undefined): void {
    const manager: Manager = {
      name: context.fieldManager,
      operation: 'Update',
      apiVersion: apiVersionOf(context.type),
      subresource: context.subresource,
    };
    const managed = trackUpdate({ old, next: object, shape: context.type.shape }, manager, nowIso());
    if (managed.length > 0) object.metadata['managedFields'] = managed;
    else delete object.metadata['managedFields'];
  }

  #accept(context: WriteContext, old: ApiObject | undefined, object: ApiObject): Written {
    const bytes = Buffer.byteLength(JSON.stringify(object));
    if (bytes > objectBytesMax) throw tooLarge(`etcdserver: request is too large: ${bytes} bytes, at most ${objectBytesMax} bytes`);
    const isRemoved = old !== undefined && isFinished(object);
    if (context.dryRun) return { object, isCreated: old === undefined, isRemoved, durable: done };
    const { object: stored, durable } = this.#store.commit(storeNameOf(context.type), old, isRemoved ? undefined : object);
    return { object: stored, isCreated: old === undefined, isRemoved, durable };
  }

  /** Removes an object at once, whatever its finalizers. */
  remove(type: ResourceType, object: ApiObject): Written {
    const { object: removed, durable } = this.#store.commit(storeNameOf(type), object, undefined);
    return { object: removed, isCreated: false, isRemoved: true, durable };
  }
}

/** An object being deleted is gone once nobody holds it: no finalizers, and no grace left for a pod. */
function isFinished(object: ApiObject): boolean {
  const { metadata } = object;
  if (metadata.deletionTimestamp === undefined || (metadata.finalizers ?? []).length > 0) return false;
  if (object.kind === 'Namespace' && object.apiVersion === 'v1') return false;
  return (metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

function identityProblems(old: ApiObject, next: ApiObject): string | undefined {
  const name = next.metadata.name;
  if (name === '') return 'metadata.name: Required value: name is required';
  return name === old.metadata.name
    ? undefined
    : `the name of the object (${name}) does not match the name on the URL (${old.metadata.name})`;
}

function statusReplaced(old: ApiObject, next: ApiObject): ApiObject {
  const object: ApiObject = {
    ...cloneJson<JsonObject>(old),
    apiVersion: next.apiVersion,
    kind: old.kind,
    metadata: cloneJson(old.metadata),
  };
  if (next['status'] === undefined) delete object['status'];
  else object['status'] = cloneJson(next['status']);
  return object;
}

function withServerFields(old: ApiObject, next: ApiObject, type: ResourceType): ApiObject {
  const metadata: Meta = {
    ...next.metadata,
    uid: old.metadata.uid,
    creationTimestamp: old.metadata.creationTimestamp,
    resourceVersion: old.metadata.resourceVersion,
  };
  for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'generation', 'generateName']) {
    const value = old.metadata[field];
    if (value === undefined) delete metadata[field];
    else metadata[field] = value;
  }
  delete metadata['selfLink'];
  const object: ApiObject = { ...next, metadata };
  if (type.hasStatus) {
    if (old['status'] === undefined) delete object['status'];
    else object['status'] = cloneJson(old['status']);
  }
  return object;
}

function isSpecChanged(type: ResourceType, old: ApiObject, next: ApiObject): boolean {
  const specOf = (object: ApiObject): JsonObject => {
    const { metadata: _metadata, apiVersion: _version, ...rest } = object;
    if (type.hasStatus) delete rest['status'];
    return rest;
  };
  return !equalJson(specOf(old), specOf(next));
}

function withoutTimes(object: ApiObject): Json {
  const managed = object.metadata['managedFields'];
  const entries = Array.isArray(managed) ? managed.map((entry) => (isObject(entry) ? { ...entry, time: '' } : entry)) : [];
  return { ...object, metadata: { ...object.metadata, managedFields: entries } };
}

function isAbsent(value: Json | undefined): boolean {
  return value === undefined || value === null;
}

function randomSuffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join('');
}

/** Now, to the second, as timestamps in metadata are. */
export function nowIso(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

import { type ApiObject, isObject, type Json, type JsonObject, stringAt } from './json.ts';
import { applyServerSide } from './patch/apply.ts';
import { applyJsonPatch } from './patch/json-patch.ts';
import { applyMergePatch } from './patch/merge-patch.ts';
import { applyStrategicMerge } from './patch/strategic-merge.ts';
import { apiVersionOf, storeNameOf } from './resource.ts';
import { badRequest, invalidOptions, notFound, required, unsupportedMediaType } from './status-error.ts';
import type { ObjectStore } from './store.ts';
import { nowIso, type ObjectWriter, resourceName, type WriteContext, type Written } from './write.ts';

export interface PatchRequest {
  readonly name: string;
  readonly contentType: string;
  readonly patch: Json;
  readonly force: boolean;
}

const mediaTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/**
 * Applies any of the four kinds of patch.
 *
 * @throws StatusError 404, 409, 415 (a kind of patch this resource does not take), 422.
 */
export function patchObject(of: { store: ObjectStore; writer: ObjectWriter }, context: WriteContext, request: PatchRequest): Written {
  const { type } = context;
  const old = of.store.findHead(storeNameOf(type), context.namespace, request.name);
  const kind = request.contentType.split(';')[0]?.trim() ?? '';
  if (kind === 'application/apply-patch+yaml' || kind === 'application/apply-patch+cbor') return applyObject(of, context, { request, old });
  if (old === undefined) throw notFound(resourceName(type, request.name));
  const served: JsonObject = { ...old, apiVersion: apiVersionOf(type) };
  switch (kind) {
    case 'application/json-patch+json':
      return of.writer.replace(context, old, asObject(applyJsonPatch(served, request.patch)));
    case 'application/merge-patch+json':
      return of.writer.replace(context, old, asObject(applyMergePatch(served, asPatch(request.patch))));
    case 'application/strategic-merge-patch+json':
      if (type.custom !== undefined) break;
      return of.writer.replace(context, old, asObject(applyStrategicMerge(served, asPatch(request.patch), type.shape)));
  }
  const accepted = type.custom === undefined ? mediaTypes : mediaTypes.filter((media) => !media.includes('strategic'));
  throw unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`);
}

function asPatch(patch: Json): JsonObject {
  if (!isObject(patch)) throw badRequest('a patch of this kind is an object');
  return patch;
}

function asObject(value: Json): ApiObject {
  if (!isObject(value) || !isObject(value['metadata'])) throw badRequest('the patched object has no metadata');
  const { metadata } = value;
  const read = (field: string): string => stringAt(metadata, field);
  return {
    ...value,
    apiVersion: stringAt(value, 'apiVersion'),
    kind: stringAt(value, 'kind'),
    metadata: {
      ...metadata,
      name: read('name'),
      uid: read('uid'),
      resourceVersion: read('resourceVersion'),
      creationTimestamp: read('creationTimestamp'),
    },
  };
}

function applyObject(
  of: { store: ObjectStore; writer: ObjectWriter },
  context: WriteContext,
  at: { request: PatchRequest; old: ApiObject | undefined },
): Written {
  const { type } = context;
  const { request, old } = at;
  const applied = asPatch(request.patch);
  if (context.fieldManager === '') throw invalidOptions('PatchOptions', [required('fieldManager', 'is required for apply patch')]);
  if (stringAt(applied, 'apiVersion') === '' || stringAt(applied, 'kind') === '')
    throw badRequest(`invalid object type: ${stringAt(applied, 'apiVersion') || '/'}, Kind=${stringAt(applied, 'kind')}`);
  if (
    isObject(applied['metadata']) &&
    Array.isArray(applied['metadata']['managedFields']) &&
    applied['metadata']['managedFields'].length > 0
  ) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const metadata: JsonObject = { ...(isObject(applied['metadata']) ? applied['metadata'] : {}), name: request.name };
  const name = stringAt(applied, 'metadata', 'name');
  if (name !== '' && name !== request.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`);
  if (context.namespace !== undefined && metadata['namespace'] === undefined) metadata['namespace'] = context.namespace;
  delete metadata['creationTimestamp'];
  const wanted: JsonObject = { ...applied, metadata };
  // Only the status endpoint applies status; the other one leaves it out, and out of the manager's fields.
  if (type.hasStatus && context.subresource === '') delete wanted['status'];
  const merged = applyServerSide({
    live: old,
    applied: wanted,
    shape: type.shape,
    manager: { name: context.fieldManager, operation: 'Apply', apiVersion: apiVersionOf(type), subresource: context.subresource },
    force: request.force,
    time: nowIso(),
  });
  if (old !== undefined)
    return of.writer.replace(context, old, asObject({ ...merged, apiVersion: apiVersionOf(type), kind: type.kind }), true);
  if (context.subresource !== '') throw notFound(resourceName(type, request.name));
  return of.writer.create(context, merged);
}

import { type ApiObject, type Json, type JsonObject } from './json.ts';
import type { ResourceType } from './resource.ts';

/** How a client wants objects: whole, as rows, or as metadata only. */
export type Form = 'object' | 'table' | 'metadata';

/** Reads the Accept header; the first form it names that this server has. */
export function formOf(accept: string | undefined): Form {
  for (const part of (accept ?? '').split(',')) {
    if (/;\s*as=Table\b/.test(part)) return part.includes('v=v1beta1') ? 'object' : 'table';
    if (/;\s*as=PartialObjectMetadata(List)?\b/.test(part)) return 'metadata';
    if (part.trim().startsWith('application/json')) return 'object';
  }
  return 'object';
}

function metadataOnly(object: ApiObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** What rows carry beside their cells: `includeObject` None, Metadata (the default) or Object. */
function rowObject(object: ApiObject, include: string | null): Json {
  if (include === 'None') return null;
  return include === 'Object' ? object : metadataOnly(object);
}

/** The rows and columns `kubectl get` prints. */
function tableOf(
  type: ResourceType,
  objects: readonly ApiObject[],
  of: { listMeta: JsonObject; include: string | null; nowUnixMs: number },
): JsonObject {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: of.listMeta,
    columnDefinitions: type.columns.map((column) => ({
      name: column.name,
      type: column.type,
      format: column.format ?? '',
      description: column.description ?? '',
      priority: column.priority ?? 0,
    })),
    rows: objects.map((object) => ({
      cells: type.columns.map((column) => column.cell(object, of.nowUnixMs)),
      object: rowObject(object, of.include),
    })),
  };
}

/** One object in the form asked for. */
export function shownObject(type: ResourceType, object: ApiObject, of: { form: Form; include: string | null }): Json {
  if (of.form === 'metadata') return metadataOnly(object);
  if (of.form === 'object') return object;
  return tableOf(type, [object], {
    listMeta: { resourceVersion: object.metadata.resourceVersion },
    include: of.include,
    nowUnixMs: Date.now(),
  });
}

/** A list in the form asked for. */
export function shownList(
  type: ResourceType,
  objects: readonly ApiObject[],
  of: { form: Form; include: string | null; listMeta: JsonObject; apiVersion: string },
): JsonObject {
  if (of.form === 'table') return tableOf(type, objects, { listMeta: of.listMeta, include: of.include, nowUnixMs: Date.now() });
  if (of.form === 'metadata')
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: of.listMeta,
      items: objects.map((object) => metadataOnly(object)),
    };
  return { kind: type.listKind, apiVersion: of.apiVersion, metadata: of.listMeta, items: [...objects] };
}

/** An object as its version is served: versions differ in name only (conversion strategy None). */
export function servedAs(object: ApiObject, apiVersion: string): ApiObject {
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

export function remainingMeta(resourceVersion: string, rest: { token: string; count: number } | undefined): JsonObject {
  return rest === undefined ? { resourceVersion } : { resourceVersion, continue: rest.token, remainingItemCount: rest.count };
}

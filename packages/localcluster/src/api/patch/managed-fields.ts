import { arrayAt, equalJson, isObject, type Json, type JsonObject, objectsAt } from '../json.ts';
import { type FieldMap, type FieldPath, fieldsOf, fieldsV1Of, pathsOfFieldsV1 } from './field-set.ts';
import type { Shape } from './shape.ts';

/** Who writes, as it stands in `metadata.managedFields`. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
}

export interface ManagerEntry extends Manager {
  readonly time: string;
  readonly fields: Map<string, FieldPath>;
}

const unowned = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
];

export function isSameManager(left: Manager, right: Manager): boolean {
  return (
    left.name === right.name &&
    left.operation === right.operation &&
    left.subresource === right.subresource &&
    left.apiVersion === right.apiVersion
  );
}

export function managersOf(object: Json | undefined): ManagerEntry[] {
  return objectsAt(object, 'metadata', 'managedFields').map((entry) => ({
    name: textOf(entry['manager']),
    operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
    apiVersion: textOf(entry['apiVersion']),
    subresource: textOf(entry['subresource']),
    time: textOf(entry['time']),
    fields: pathsOfFieldsV1(entry['fieldsV1']),
  }));
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** The entries as JSON; those that own nothing are left out. */
export function managedFieldsOf(entries: readonly ManagerEntry[]): Json[] {
  return entries
    .filter((entry) => entry.fields.size > 0)
    .map(
      (entry): JsonObject => ({
        manager: entry.name,
        operation: entry.operation,
        apiVersion: entry.apiVersion,
        time: entry.time,
        fieldsType: 'FieldsV1',
        fieldsV1: fieldsV1Of(entry.fields.values()),
        ...(entry.subresource === '' ? {} : { subresource: entry.subresource }),
      }),
    );
}

/** The leaf fields somebody can own: all but identity and what only the server sets, and only `status` for the status subresource. */
export function ownableFields(object: JsonObject, shape: Shape, subresource: string): FieldMap {
  const { apiVersion: _version, kind: _kind, ...rest } = object;
  const metadata: JsonObject = isObject(rest['metadata']) ? { ...rest['metadata'] } : {};
  for (const field of unowned) delete metadata[field];
  const owned: JsonObject = subresource === 'status' ? { status: rest['status'] ?? {} } : { ...rest, metadata };
  if (Object.keys(metadata).length === 0) delete owned['metadata'];
  const fields = fieldsOf(owned, shape);
  if (equalJson(owned['status'], {})) fields.delete('f:status');
  return fields;
}

/**
 * Field ownership after a write that is not an apply: what it changed is now its own and nobody else's, what it removed is nobody's.
 */
export function trackUpdate(
  change: { old: JsonObject | undefined; next: JsonObject; shape: Shape },
  manager: Manager,
  time: string,
): Json[] {
  const before = change.old === undefined ? new Map() : ownableFields(change.old, change.shape, '');
  const after = ownableFields(change.next, change.shape, '');
  const changed = [...after].filter(([key, field]) => !before.has(key) || !equalJson(before.get(key)?.value, field.value));
  const isRemoved = (key: string) => before.has(key) && !after.has(key);
  const entries = managersOf(change.old);
  if (changed.length === 0 && ![...before.keys()].some(isRemoved)) return arrayAt(change.old, 'metadata', 'managedFields');
  const changedKeys = new Set(changed.map(([key]) => key));
  const kept = entries.map((entry): ManagerEntry => {
    const isSelf = isSameManager(entry, manager);
    return { ...entry, fields: new Map([...entry.fields].filter(([key]) => !isRemoved(key) && (isSelf || !changedKeys.has(key)))) };
  });
  const own = kept.find((entry) => isSameManager(entry, manager));
  const fields = new Map([...(own?.fields ?? []), ...changed.map(([key, field]): [string, FieldPath] => [key, field.path])]);
  const rest = kept.filter((entry) => entry !== own);
  return managedFieldsOf([...rest, { ...manager, time: changed.length > 0 ? time : (own?.time ?? time), fields }]);
}

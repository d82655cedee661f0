import { cloneJson, equalJson, isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import { StatusError } from '../status-error.ts';
import { elementIndex, elementOf, type FieldPath, isBelow, keyOf, shownPath } from './field-set.ts';
import { isSameManager, type Manager, type ManagerEntry, managedFieldsOf, managersOf, ownableFields } from './managed-fields.ts';
import { memberShape, type Shape } from './shape.ts';

export interface ApplyRequest {
  readonly live: JsonObject | undefined;
  readonly applied: JsonObject;
  readonly shape: Shape;
  readonly manager: Manager;
  readonly force: boolean;
  readonly time: string;
}

/**
 * Server-side apply: merges what the manager wants into the live object, removes what it wanted before and nobody else owns, and
 * records who owns what.
 *
 * @returns The wanted object with its `managedFields`; the live object is not changed.
 * @throws StatusError 409 naming each field another manager holds at another value, unless `force`.
 */
export function applyServerSide(request: ApplyRequest): JsonObject {
  const { live, applied, shape, manager } = request;
  const wanted = ownableFields(applied, shape, manager.subresource);
  const current = live === undefined ? new Map() : ownableFields(live, shape, manager.subresource);
  const entries = managersOf(live);
  const own = entries.find((entry) => isSameManager({ ...entry, apiVersion: '' }, { ...manager, apiVersion: '' }));
  let others = entries.filter((entry) => entry !== own);

  const contested = new Set([...wanted].filter(([key, field]) => !equalJson(current.get(key)?.value, field.value)).map(([key]) => key));
  const conflicts = others
    .map((entry) => ({ entry, paths: [...entry.fields].filter(([key]) => contested.has(key)).map(([, path]) => path) }))
    .filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !request.force) throw applyConflict(conflicts);
  others = others.map((entry) => ({ ...entry, fields: new Map([...entry.fields].filter(([key]) => !contested.has(key))) }));

  const merged = live === undefined ? cloneJson(applied) : mergeApplied(live, applied, shape);
  if (!isObject(merged)) throw new TypeError('an applied object merges into an object');
  const dropped = [...(own?.fields ?? [])].filter(([key]) => !wanted.has(key));
  const isKept = (key: string): boolean => wanted.has(key) || others.some((entry) => entry.fields.has(key));
  const isKeptBelow = (key: string): boolean =>
    [...wanted.keys(), ...others.flatMap((entry) => [...entry.fields.keys()])].some((held) => isBelow(held, key));
  // Shorter paths first: a list element goes whole, not field by field.
  for (const [key, path] of dropped.sort(([left], [right]) => left.length - right.length)) {
    if (!isKept(key) && !isKeptBelow(key) && !isListKey(path)) removePath({ root: merged, shape, isKept }, path, 0);
  }
  const fields = new Map([...wanted].map(([key, field]): [string, FieldPath] => [key, field.path]));
  const isUnchanged =
    own !== undefined &&
    own.apiVersion === manager.apiVersion &&
    own.fields.size === fields.size &&
    [...fields.keys()].every((key) => own.fields.has(key));
  const time = isUnchanged && contested.size === 0 ? own.time : request.time;
  const metadata = isObject(merged['metadata']) ? merged['metadata'] : {};
  metadata['managedFields'] = managedFieldsOf([{ ...manager, time, fields }, ...others]);
  merged['metadata'] = metadata;
  return merged;
}

function applyConflict(conflicts: readonly { entry: ManagerEntry; paths: readonly FieldPath[] }[]): StatusError {
  const holderOf = (entry: ManagerEntry) => {
    const sub = entry.subresource === '' ? '' : ` with subresource ${JSON.stringify(entry.subresource)}`;
    const name = `${JSON.stringify(entry.name)}${sub}`;
    // The real server names the version of writers alone, not of appliers.
    if (entry.operation === 'Apply') return name;
    return `${name} using ${entry.apiVersion}`;
  };
  const causes = conflicts.flatMap(({ entry, paths }) =>
    paths.map(
      (path): JsonObject => ({ reason: 'FieldManagerConflict', message: `conflict with ${holderOf(entry)}`, field: shownPath(path) }),
    ),
  );
  const only = causes.length === 1 ? causes[0] : undefined;
  const listed = conflicts.map(
    ({ entry, paths }) => `conflicts with ${holderOf(entry)}:\n${paths.map((path) => `- ${shownPath(path)}`).join('\n')}`,
  );
  const message =
    only === undefined
      ? `Apply failed with ${causes.length} conflicts: ${listed.join('\n')}`
      : `Apply failed with 1 conflict: ${String(only['message'])}: ${String(only['field'])}`;
  return new StatusError({ code: 409, reason: 'Conflict', message, details: { causes } });
}

/** Merges an applied configuration into a live value; live list order is kept, new elements follow. */
function mergeApplied(live: Json | undefined, applied: Json, shape: Shape): Json {
  if (isObject(live) && isObject(applied) && shape.type !== 'atomic') {
    const merged = cloneJson(live);
    for (const [key, value] of Object.entries(applied)) setOwn(merged, key, mergeApplied(merged[key], value, memberShape(shape, key)));
    return merged;
  }
  if (Array.isArray(live) && Array.isArray(applied)) {
    if (shape.type === 'set')
      return [...cloneJson(live), ...cloneJson(applied.filter((item) => !live.some((known) => equalJson(known, item))))];
    if (shape.type === 'keyed') {
      const merged = cloneJson(live);
      for (const item of applied) {
        const index = elementIndex(merged, elementOf(item, shape), shape);
        if (index < 0) merged.push(cloneJson(item));
        else merged[index] = mergeApplied(merged[index], item, shape.item);
      }
      return merged;
    }
  }
  return cloneJson(applied);
}

/** A field that is part of its list element's key goes only with the element. */
function isListKey(path: FieldPath): boolean {
  const parent = path.at(-2);
  const last = path.at(-1);
  if (parent === undefined || last === undefined || !parent.startsWith('k:')) return false;
  const id: Json = JSON.parse(parent.slice(2));
  return isObject(id) && Object.hasOwn(id, last.slice(2));
}

interface Removal {
  readonly root: Json;
  readonly shape: Shape;
  readonly isKept: (key: string) => boolean;
}

/** Removes one path, and the maps and lists that are empty after it unless somebody wants them; true when `root` is to go too. */
function removePath(from: Removal, path: FieldPath, depth: number): boolean {
  const { root, shape, isKept } = from;
  const step = path[depth];
  if (step === undefined) return false;
  const isLast = depth === path.length - 1;
  const isSpent = (size: number): boolean => size === 0 && !isKept(keyOf(path.slice(0, depth)));
  if (step.startsWith('f:')) {
    const key = step.slice(2);
    if (!isObject(root) || !Object.hasOwn(root, key)) return false;
    if (isLast || removePath({ ...from, root: root[key] ?? null, shape: memberShape(shape, key) }, path, depth + 1)) delete root[key];
    return isSpent(Object.keys(root).length);
  }
  if (!Array.isArray(root)) return false;
  const index = elementIndex(root, step, shape);
  const item = root[index];
  if (item === undefined) return false;
  if (isLast) root.splice(index, 1);
  else removePath({ ...from, root: item, shape: shape.type === 'keyed' ? shape.item : shape }, path, depth + 1);
  return isSpent(root.length);
}

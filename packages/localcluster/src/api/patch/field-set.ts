import { equalJson, isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import { badRequest } from '../status-error.ts';
import { memberShape, type Shape } from './shape.ts';

/** Path elements in the notation of fieldsV1: `f:name`, `k:{"name":"x"}`, `v:"x"`. */
export type FieldPath = readonly string[];

/** The leaf fields of a value. A list element that is a map by key is itself a member, with no value of its own. */
export type FieldMap = Map<string, { readonly path: FieldPath; readonly value: Json | undefined }>;

const separator = '\u0000';

export function keyOf(path: FieldPath): string {
  return path.join(separator);
}

/** True when `key` names something strictly below `ancestor`. */
export function isBelow(key: string, ancestor: string): boolean {
  return key.startsWith(ancestor + separator);
}

/** All leaf fields of `value`, by path. */
export function fieldsOf(value: Json, shape: Shape): FieldMap {
  const fields: FieldMap = new Map();
  collect(fields, { path: [], value }, shape);
  return fields;
}

interface Node {
  readonly path: FieldPath;
  readonly value: Json;
}

function collect(fields: FieldMap, node: Node, shape: Shape): void {
  const { path, value } = node;
  if (isObject(value) && shape.type !== 'atomic' && Object.keys(value).length > 0) {
    for (const [key, child] of Object.entries(value))
      collect(fields, { path: [...path, `f:${key}`], value: child }, memberShape(shape, key));
    return;
  }
  if (Array.isArray(value) && shape.type === 'set' && value.length > 0) {
    for (const item of value) add(fields, [...path, `v:${JSON.stringify(item)}`], item);
    return;
  }
  if (Array.isArray(value) && shape.type === 'keyed' && value.length > 0) {
    for (const item of value) collectElement(fields, { path, value: item }, shape);
    return;
  }
  if (path.length > 0) add(fields, path, value);
}

function collectElement(fields: FieldMap, list: Node, shape: Shape & { type: 'keyed' }): void {
  const path = [...list.path, elementOf(list.value, shape)];
  add(fields, path, undefined);
  if (shape.item.type === 'atomic') fields.set(keyOf(path), { path, value: list.value });
  else collect(fields, { path, value: list.value }, shape.item);
}

function add(fields: FieldMap, path: FieldPath, value: Json | undefined): void {
  fields.set(keyOf(path), { path, value });
}

/** The `k:` element of one list item. @throws StatusError 400 when it lacks a key that has no default. */
export function elementOf(item: Json, shape: Shape & { type: 'keyed' }): string {
  const id: JsonObject = {};
  for (const key of [...shape.keys].sort()) {
    const value = (isObject(item) ? item[key] : undefined) ?? shape.defaults[key];
    if (value !== undefined) id[key] = value;
    else if (shape.keys.length === 1)
      throw badRequest(`associative list with keys has an element that omits key field ${JSON.stringify(key)}`);
  }
  return `k:${JSON.stringify(id)}`;
}

/** Where in `list` the element of that `k:` or `v:` path step is; -1 when it is not there. */
export function elementIndex(list: readonly Json[], step: string, shape: Shape): number {
  if (step.startsWith('v:')) return list.findIndex((item) => JSON.stringify(item) === step.slice(2));
  const id: Json = JSON.parse(step.slice(2));
  return list.findIndex((item) => {
    if (shape.type === 'keyed') return elementOf(item, shape) === step;
    return isObject(item) && isObject(id) && Object.entries(id).every(([key, value]) => equalJson(item[key], value));
  });
}

/** The set as the wire's fieldsV1 tree. */
export function fieldsV1Of(paths: Iterable<FieldPath>): JsonObject {
  const root: JsonObject = {};
  const all = [...paths].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  for (const path of all) {
    let node = root;
    for (const step of path) {
      const next = node[step];
      if (isObject(next)) node = next;
      else {
        const made: JsonObject = {};
        setOwn(node, step, made);
        node = made;
      }
    }
    node['.'] = {};
  }
  dropLeafMarks(root);
  return root;
}

function dropLeafMarks(node: JsonObject): void {
  for (const child of Object.values(node)) if (isObject(child)) dropLeafMarks(child);
  if (Object.keys(node).length === 1 && node['.'] !== undefined) delete node['.'];
}

/** Reads a fieldsV1 tree; what is not a tree is an empty set. */
export function pathsOfFieldsV1(tree: Json | undefined): Map<string, FieldPath> {
  const paths = new Map<string, FieldPath>();
  const walk = (node: Json | undefined, path: FieldPath): void => {
    if (!isObject(node)) return;
    const steps = Object.keys(node);
    if (path.length > 0 && (steps.length === 0 || Object.hasOwn(node, '.'))) paths.set(keyOf(path), path);
    for (const step of steps) if (step !== '.') walk(node[step], [...path, step]);
  };
  walk(tree, []);
  return paths;
}

/** `.spec.containers[name="a"].image`, as conflicts are shown. */
export function shownPath(path: FieldPath): string {
  return path
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      if (step.startsWith('v:')) return `[=${step.slice(2)}]`;
      const id: Json = JSON.parse(step.slice(2));
      const pairs = isObject(id) ? Object.entries(id).map(([key, value]) => `${key}=${JSON.stringify(value)}`) : [];
      return `[${pairs.join(',')}]`;
    })
    .join('');
}

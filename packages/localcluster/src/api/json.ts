export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

type OwnerReference = {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
};

export type Meta = JsonObject & {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  finalizers?: string[];
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
  ownerReferences?: OwnerReference[];
};

/** An object as stored: complete metadata, never changed in place. */
export type ApiObject = JsonObject & { apiVersion: string; kind: string; metadata: Meta };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value below `path`, or undefined where any step is missing. */
export function valueAt(root: Json | undefined, ...path: readonly string[]): Json | undefined {
  let current: Json | undefined = root;
  for (const step of path) {
    if (!isObject(current)) return undefined;
    current = Object.hasOwn(current, step) ? current[step] : undefined;
  }
  return current;
}

export function objectAt(root: Json | undefined, ...path: readonly string[]): JsonObject {
  const value = valueAt(root, ...path);
  return isObject(value) ? value : {};
}

export function arrayAt(root: Json | undefined, ...path: readonly string[]): Json[] {
  const value = valueAt(root, ...path);
  return Array.isArray(value) ? value : [];
}

/** The objects of a list; other elements are left out. */
export function objectsAt(root: Json | undefined, ...path: readonly string[]): JsonObject[] {
  return arrayAt(root, ...path).filter(isObject);
}

export function stringsAt(root: Json | undefined, ...path: readonly string[]): string[] {
  return arrayAt(root, ...path).filter((item) => typeof item === 'string');
}

export function stringAt(root: Json | undefined, ...path: readonly string[]): string {
  const value = valueAt(root, ...path);
  return typeof value === 'string' ? value : '';
}

export function numberAt(root: Json | undefined, ...path: readonly string[]): number | undefined {
  const value = valueAt(root, ...path);
  return typeof value === 'number' ? value : undefined;
}

/** Copies plain JSON; several times faster than structuredClone on small trees. */
export function cloneJson<T extends Json>(value: T): T;
export function cloneJson(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => cloneJson(item));
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) setOwn(copy, key, cloneJson(value[key] ?? null));
  return copy;
}

/** Sets an own property even when it is called `__proto__`. */
export function setOwn(target: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

/** Deep equality of JSON values; the order of object keys does not count. */
export function equalJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, index) => equalJson(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && equalJson(left[key], right[key]));
}

/** True when `value` nests deeper than `depthMax` levels. */
export function isDeeperThan(value: Json, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depthMax === 0) return true;
  return Object.values(value).some((child) => isDeeperThan(child, depthMax - 1));
}

/** A plain JSON copy of something typed elsewhere; undefined members are dropped. */
export function jsonOf(value: unknown): Json {
  const parsed: Json = JSON.parse(JSON.stringify(value ?? null));
  return parsed;
}

/** Reads an ApiObject out of JSON known to carry complete metadata (the store wrote it). */
export function isApiObject(value: Json | undefined): value is ApiObject {
  return (
    isObject(value) && typeof value['kind'] === 'string' && isObject(value['metadata']) && typeof value['metadata']['uid'] === 'string'
  );
}

import { cloneJson, isObject, type Json, type JsonObject, setOwn } from '../json.ts';

/** Applies an RFC 7386 merge patch to a copy of `target`: null removes, objects merge, all else replaces. */
export function applyMergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return cloneJson(patch);
  const merged: JsonObject = isObject(target) ? cloneJson(target) : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else setOwn(merged, key, applyMergePatch(Object.hasOwn(merged, key) ? (merged[key] ?? null) : null, value));
  }
  return merged;
}

import { cloneJson, equalJson, isObject, type Json, type JsonObject, setOwn } from '../json.ts';
import { badRequest } from '../status-error.ts';
import { memberShape, type Shape } from './shape.ts';

const deleteFromList = '$deleteFromPrimitiveList/';
const elementOrder = '$setElementOrder/';

/**
 * Applies a strategic merge patch to a copy of `target`: as a merge patch, but lists whose elements have a merge key merge by
 * it, sets take the union, and the directives `$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…` are obeyed.
 *
 * @throws StatusError 400 for a directive that is not one, or a list element without its merge key.
 */
export function applyStrategicMerge(target: Json, patch: Json, shape: Shape): Json {
  if (!isObject(patch)) return cloneJson(patch);
  return mergeObject(isObject(target) ? target : {}, patch, shape);
}

function mergeObject(target: JsonObject, patch: JsonObject, shape: Shape): JsonObject {
  const directive = patch['$patch'];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw badRequest(`Wrong patch type: ${JSON.stringify(directive)}`);
  const merged = cloneJson(target);
  retainKeys(merged, patch['$retainKeys']);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete merged[key];
    else setOwn(merged, key, mergeMember({ current: merged[key], value, order: patch[elementOrder + key] }, memberShape(shape, key)));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deleteFromList)) removeValues(merged, key.slice(deleteFromList.length), value);
    else if (key.startsWith(elementOrder)) orderOnly(merged, patch, key.slice(elementOrder.length), shape);
  }
  return merged;
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(cloneJson(patch)).filter(([key]) => !key.startsWith('$')));
}

function retainKeys(merged: JsonObject, retained: Json | undefined): void {
  if (!Array.isArray(retained)) return;
  for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key];
}

interface Member {
  readonly current: Json | undefined;
  readonly value: Json;
  readonly order: Json | undefined;
}

function mergeMember(member: Member, shape: Shape): Json {
  const { current, value } = member;
  if (isObject(value)) {
    return shape.type === 'atomic' && value['$patch'] === undefined && !hasDirective(value)
      ? mergeObject(isObject(current) ? current : {}, value, { type: 'granular', fields: {} })
      : mergeObject(isObject(current) ? current : {}, value, shape);
  }
  if (!Array.isArray(value)) return value;
  if (shape.type === 'set') {
    const union = Array.isArray(current) ? cloneJson(current) : [];
    for (const item of value) if (!union.some((known) => equalJson(known, item))) union.push(item);
    return ordered(union, member.order, (item) => item);
  }
  if (shape.type === 'keyed') return mergeKeyed(member, value, shape);
  return cloneJson(value.filter((item) => !isObject(item) || item['$patch'] !== 'replace'));
}

function hasDirective(value: JsonObject): boolean {
  return Object.keys(value).some((key) => key.startsWith('$'));
}

function mergeKeyed(member: Member, patch: readonly Json[], shape: Shape & { type: 'keyed' }): Json[] {
  const key = shape.keys[0] ?? 'name';
  const isReplaced = patch.some((item) => isObject(item) && item['$patch'] === 'replace');
  const merged: Json[] = Array.isArray(member.current) && !isReplaced ? cloneJson(member.current) : [];
  for (const item of patch) {
    if (!isObject(item)) throw badRequest(`a list merged by ${key} takes objects, got ${JSON.stringify(item)}`);
    if (item['$patch'] === 'replace') continue;
    const id = item[key];
    if (id === undefined) throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const index = merged.findIndex((known) => isObject(known) && equalJson(known[key], id));
    const known = merged[index];
    if (item['$patch'] === 'delete') {
      if (index >= 0) merged.splice(index, 1);
    } else if (index >= 0 && isObject(known)) merged[index] = mergeObject(known, item, shape.item);
    else merged.push(mergeObject({}, item, shape.item));
  }
  return ordered(merged, member.order, (item) => (isObject(item) ? (item[key] ?? null) : null), key);
}

/** Elements named by the order come in that order; the others stay after the element they followed. */
function ordered(list: Json[], order: Json | undefined, idOf: (item: Json) => Json, key?: string): Json[] {
  if (!Array.isArray(order)) return list;
  const wanted = order.map((item) => (key !== undefined && isObject(item) ? (item[key] ?? null) : item));
  const rankOf = (item: Json) => wanted.findIndex((id) => equalJson(id, idOf(item)));
  const named = list.filter((item) => rankOf(item) >= 0).sort((left, right) => rankOf(left) - rankOf(right));
  return [...named, ...list.filter((item) => rankOf(item) < 0)];
}

function removeValues(merged: JsonObject, key: string, values: Json): void {
  const list = merged[key];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  setOwn(
    merged,
    key,
    list.filter((item) => !values.some((value) => equalJson(value, item))),
  );
}

function orderOnly(merged: JsonObject, patch: JsonObject, key: string, shape: Shape): void {
  const list = merged[key];
  if (!Array.isArray(list) || patch[key] !== undefined) return;
  const member = memberShape(shape, key);
  const mergeKey = member.type === 'keyed' ? member.keys[0] : undefined;
  const idOf = (item: Json): Json => (mergeKey !== undefined && isObject(item) ? (item[mergeKey] ?? null) : item);
  setOwn(merged, key, ordered(list, patch[elementOrder + key], idOf, mergeKey));
}

import { cloneJson, equalJson, isObject, type Json, type JsonObject, objectAt, objectsAt, setOwn, stringsAt } from '../json.ts';
import { type FieldError, invalidValue, notSupported, required } from '../status-error.ts';
import { formatProblem } from './format.ts';

interface Place {
  readonly path: string;
  readonly value: Json;
  /** The value before at the same place, on update; an unchanged value is not checked again (ratcheting). */
  readonly old: Json | undefined;
}

/** Checks a value against a structural schema; in the words of the real server. */
export function validateStructure(value: Json, schema: JsonObject, at: { path: string; old?: Json | undefined }): FieldError[] {
  const errors: FieldError[] = [];
  check(errors, { path: at.path, value, old: at.old }, schema);
  return errors;
}

function check(errors: FieldError[], place: Place, schema: JsonObject): void {
  const { path, value } = place;
  if (place.old !== undefined && equalJson(place.old, value)) return;
  if (value === null) {
    const wanted = schema['type'];
    if (schema['nullable'] !== true && typeof wanted === 'string') errors.push(typeProblem(place, wanted));
    return;
  }
  if (!hasType(value, schema)) {
    errors.push(typeProblem(place, schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : String(schema['type'])));
    return;
  }
  const allowed = schema['enum'];
  if (Array.isArray(allowed) && !allowed.some((item) => equalJson(item, value)))
    errors.push(notSupported(path, value, allowed.map(String)));
  if (typeof value === 'string') checkString(errors, path, { value, schema });
  else if (typeof value === 'number') checkNumber(errors, path, { value, schema });
  else if (Array.isArray(value)) checkList(errors, { ...place, value }, schema);
  else if (isObject(value)) checkObject(errors, { ...place, value }, schema);
  checkJunctors(errors, place, schema);
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function hasType(value: Json, schema: JsonObject): boolean {
  if (schema['x-kubernetes-int-or-string'] === true) return typeof value === 'string' || Number.isInteger(value);
  const wanted = schema['type'];
  if (typeof wanted !== 'string' || wanted === '') return true;
  const actual = typeOf(value);
  return wanted === actual || (wanted === 'number' && actual === 'integer');
}

function typeProblem(place: Place, wanted: string): FieldError {
  const message = `Invalid value: ${JSON.stringify(typeOf(place.value))}: ${place.path} in body must be of type ${wanted}: ${JSON.stringify(typeOf(place.value))}`;
  return { reason: 'FieldValueTypeInvalid', field: place.path, message };
}

function numberOf(schema: JsonObject, key: string): number | undefined {
  const value = schema[key];
  return typeof value === 'number' ? value : undefined;
}

function checkString(errors: FieldError[], path: string, of: { value: string; schema: JsonObject }): void {
  const { value, schema } = of;
  const lengthMin = numberOf(schema, 'minLength');
  const lengthMax = numberOf(schema, 'maxLength');
  const length = Array.from(value).length;
  if (lengthMin !== undefined && length < lengthMin)
    errors.push(invalidValue(path, value, `${path} in body should be at least ${lengthMin} chars long`));
  if (lengthMax !== undefined && length > lengthMax)
    errors.push({ reason: 'FieldValueTooLong', field: path, message: `Too long: may not be more than ${lengthMax} bytes` });
  const pattern = schema['pattern'];
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value))
    errors.push(invalidValue(path, value, `${path} in body should match '${pattern}'`));
  const problem = typeof schema['format'] === 'string' ? formatProblem(schema['format'], value) : undefined;
  if (problem !== undefined) errors.push(invalidValue(path, value, `${path} in body must be of type ${problem}: ${JSON.stringify(value)}`));
}

function checkNumber(errors: FieldError[], path: string, of: { value: number; schema: JsonObject }): void {
  const { value, schema } = of;
  const least = numberOf(schema, 'minimum');
  const most = numberOf(schema, 'maximum');
  const step = numberOf(schema, 'multipleOf');
  if (least !== undefined && (schema['exclusiveMinimum'] === true ? value <= least : value < least)) {
    errors.push(
      invalidValue(
        path,
        value,
        `${path} in body should be greater than ${schema['exclusiveMinimum'] === true ? '' : 'or equal to '}${least}`,
      ),
    );
  }
  if (most !== undefined && (schema['exclusiveMaximum'] === true ? value >= most : value > most)) {
    errors.push(
      invalidValue(path, value, `${path} in body should be less than ${schema['exclusiveMaximum'] === true ? '' : 'or equal to '}${most}`),
    );
  }
  if (step !== undefined && value % step !== 0) errors.push(invalidValue(path, value, `${path} in body should be a multiple of ${step}`));
  const isInt32 = schema['format'] === 'int32';
  if (isInt32 && (value > 2 ** 31 - 1 || value < -(2 ** 31)))
    errors.push(invalidValue(path, value, `${path} in body must be of type int32`));
}

function checkList(errors: FieldError[], place: Place & { value: Json[] }, schema: JsonObject): void {
  const { path, value } = place;
  const countMax = numberOf(schema, 'maxItems');
  const countMin = numberOf(schema, 'minItems');
  if (countMax !== undefined && value.length > countMax) {
    errors.push({ reason: 'FieldValueTooMany', field: path, message: `Too many: ${value.length}: must have at most ${countMax} items` });
    return;
  }
  if (countMin !== undefined && value.length < countMin)
    errors.push(invalidValue(path, value.length, `${path} in body should have at least ${countMin} items`));
  checkUnique(errors, place, schema);
  const items = objectAt(schema, 'items');
  value.forEach((item, index) => {
    check(errors, { path: `${path}[${index}]`, value: item, old: correlated(place.old, { item, index }, schema) }, items);
  });
}

function checkUnique(errors: FieldError[], place: Place & { value: Json[] }, schema: JsonObject): void {
  const seen = new Set<string>();
  const isSet = schema['x-kubernetes-list-type'] === 'set' || schema['uniqueItems'] === true;
  if (!isSet && schema['x-kubernetes-list-type'] !== 'map') return;
  place.value.forEach((item, index) => {
    const id = isSet ? item : listMapKey(item, schema);
    const text = JSON.stringify(id);
    if (seen.has(text))
      errors.push({
        reason: 'FieldValueDuplicate',
        field: `${place.path}[${index}]`,
        message: `Duplicate value: ${JSON.stringify(isSet ? item : id)}`,
      });
    seen.add(text);
  });
}

function listMapKey(item: Json, schema: JsonObject): Json {
  const defaults = objectAt(schema, 'items', 'properties');
  return Object.fromEntries(
    stringsAt(schema, 'x-kubernetes-list-map-keys').map((key) => [
      key,
      (isObject(item) ? item[key] : undefined) ?? objectAt(defaults, key)['default'] ?? null,
    ]),
  );
}

/** The old value of a list element: by key in a list that is a map; lists without keys are not correlated. */
export function correlated(old: Json | undefined, at: { item: Json; index: number }, schema: JsonObject): Json | undefined {
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map') return undefined;
  const id = listMapKey(at.item, schema);
  return old.find((known) => equalJson(listMapKey(known, schema), id));
}

function checkObject(errors: FieldError[], place: Place & { value: JsonObject }, schema: JsonObject): void {
  const { path, value } = place;
  const prefix = path === '' || path === '<root>' ? '' : `${path}.`;
  for (const key of stringsAt(schema, 'required')) if (!Object.hasOwn(value, key)) errors.push(required(`${prefix}${key}`));
  const count = Object.keys(value).length;
  const countMax = numberOf(schema, 'maxProperties');
  const countMin = numberOf(schema, 'minProperties');
  if (countMax !== undefined && count > countMax)
    errors.push({ reason: 'FieldValueTooMany', field: path, message: `Too many: ${count}: must have at most ${countMax} items` });
  if (countMin !== undefined && count < countMin)
    errors.push(invalidValue(path, count, `${path} in body should have at least ${countMin} properties`));
  const properties = objectAt(schema, 'properties');
  const rest = schema['additionalProperties'];
  for (const [key, child] of Object.entries(value)) {
    const childSchema = Object.hasOwn(properties, key) ? properties[key] : rest;
    const old = isObject(place.old) ? place.old[key] : undefined;
    const isDeclared = Object.hasOwn(properties, key);
    if (isObject(childSchema)) check(errors, { path: isDeclared ? `${prefix}${key}` : `${path}[${key}]`, value: child, old }, childSchema);
  }
}

function checkJunctors(errors: FieldError[], place: Place, schema: JsonObject): void {
  const problemsOf = (part: JsonObject) => validateStructure(place.value, part, { path: place.path });
  for (const part of objectsAt(schema, 'allOf')) errors.push(...problemsOf(part));
  const any = objectsAt(schema, 'anyOf');
  if (any.length > 0 && schema['x-kubernetes-int-or-string'] !== true && !any.some((part) => problemsOf(part).length === 0)) {
    errors.push(invalidValue(place.path, place.value, `${place.path} in body must validate at least one schema (anyOf)`));
  }
  const one = objectsAt(schema, 'oneOf');
  if (one.length > 0 && one.filter((part) => problemsOf(part).length === 0).length !== 1) {
    errors.push(invalidValue(place.path, place.value, `${place.path} in body must validate one and only one schema (oneOf)`));
  }
  const not = schema['not'];
  if (isObject(not) && problemsOf(not).length === 0)
    errors.push(invalidValue(place.path, place.value, `${place.path} in body must not validate the schema (not)`));
}

/** Fills the schema's defaults into `value`, in place. */
export function fillDefaults(value: Json, schema: JsonObject): void {
  if (Array.isArray(value)) {
    for (const item of value) fillDefaults(item, objectAt(schema, 'items'));
    return;
  }
  if (!isObject(value)) return;
  const properties = objectAt(schema, 'properties');
  for (const [key, child] of Object.entries(properties)) {
    if (!isObject(child)) continue;
    const isMissing = !Object.hasOwn(value, key) || (value[key] === null && child['nullable'] !== true);
    if (isMissing && child['default'] !== undefined) setOwn(value, key, cloneJson(child['default']));
  }
  const rest = objectAt(schema, 'additionalProperties');
  for (const [key, child] of Object.entries(value)) fillDefaults(child, Object.hasOwn(properties, key) ? objectAt(properties, key) : rest);
}

/** Removes, in place, every field the schema does not know; returns their paths. */
export function pruneUnknown(value: Json, schema: JsonObject, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => pruneUnknown(item, objectAt(schema, 'items'), `${path}[${index}]`));
  if (!isObject(value)) return [];
  const properties = objectAt(schema, 'properties');
  const rest = schema['additionalProperties'];
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || rest === true;
  const removed: string[] = [];
  for (const [key, child] of Object.entries(value)) {
    const childPath = path === '' ? key : `${path}.${key}`;
    const isEmbedded = schema['x-kubernetes-embedded-resource'] === true && ['apiVersion', 'kind', 'metadata'].includes(key);
    if (Object.hasOwn(properties, key)) removed.push(...pruneUnknown(child, objectAt(properties, key), childPath));
    else if (isObject(rest)) removed.push(...pruneUnknown(child, rest, childPath));
    else if (!isOpen && !isEmbedded) {
      delete value[key];
      removed.push(childPath);
    }
  }
  return removed;
}

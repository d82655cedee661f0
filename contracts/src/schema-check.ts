import {
  KindGuard,
  type TArray,
  type TInteger,
  type TLiteral,
  type TObject,
  type TSchema,
  type TString,
  type TUnion,
} from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

type Check = (value: unknown) => boolean;

const checks = new WeakMap<TSchema, Check>();

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a schema says nothing besides these; notes for readers and the privacy mark check nothing. */
function saysOnly(schema: TSchema, ...keywords: readonly string[]): boolean {
  const known = new Set(['type', 'privacy', 'title', 'description', ...keywords]);
  return Object.keys(schema).every((keyword) => known.has(keyword));
}

function stringCheck({ minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern }: TString): Check {
  const expression = pattern === undefined ? undefined : new RegExp(pattern);
  return (value) =>
    typeof value === 'string' &&
    value.length >= minLength &&
    value.length <= maxLength &&
    (expression === undefined || expression.test(value));
}

function integerCheck({ minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }: TInteger): Check {
  return (value) => typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum;
}

function unionCheck({ anyOf }: TUnion): Check {
  if (anyOf.every((one): one is TLiteral => KindGuard.IsLiteral(one))) {
    const constants = new Set<unknown>(anyOf.map((one) => one.const));
    return (value) => constants.has(value);
  }
  const inner = anyOf.map(checkOf);
  return (value) => inner.some((check) => check(value));
}

function arrayCheck({ items, minItems = 0, maxItems = Number.POSITIVE_INFINITY }: TArray): Check {
  const check = checkOf(items);
  return (value) => Array.isArray(value) && value.length >= minItems && value.length <= maxItems && value.every(check);
}

function objectCheck({ properties, required = [] }: TObject): Check {
  const members = Object.entries(properties).map(([key, property]) => ({
    key,
    check: checkOf(property),
    isRequired: required.includes(key),
  }));
  const known = new Set(Object.keys(properties));
  return (value) => {
    if (!isRecord(value)) return false;
    for (const { key, check, isRequired } of members) {
      const member: unknown = Reflect.get(value, key);
      if (member === undefined ? isRequired : !check(member)) return false;
    }
    const keys = Object.getOwnPropertyNames(value);
    return (keys.length === members.length && required.length === members.length) || keys.every((key) => known.has(key));
  };
}

/** A schema that accepts undefined: of a required member only its presence would count. */
function acceptsUndefined(schema: TSchema): boolean {
  return (
    !(KindGuard.IsString(schema) || KindGuard.IsInteger(schema) || KindGuard.IsBoolean(schema) || KindGuard.IsNull(schema)) &&
    Value.Check(schema, undefined)
  );
}

function isClosedObject(schema: TSchema): schema is TObject {
  if (!KindGuard.IsObject(schema) || !saysOnly(schema, 'additionalProperties', 'properties', 'required')) return false;
  return schema.additionalProperties === false && !Object.values(schema.properties).some(acceptsUndefined);
}

function makeCheck(schema: TSchema): Check {
  if (isClosedObject(schema)) return objectCheck(schema);
  if (KindGuard.IsString(schema) && saysOnly(schema, 'minLength', 'maxLength', 'pattern')) return stringCheck(schema);
  if (KindGuard.IsInteger(schema) && saysOnly(schema, 'minimum', 'maximum')) return integerCheck(schema);
  if (KindGuard.IsUnion(schema) && saysOnly(schema, 'anyOf')) return unionCheck(schema);
  if (KindGuard.IsArray(schema) && saysOnly(schema, 'items', 'minItems', 'maxItems')) return arrayCheck(schema);
  if (KindGuard.IsLiteral(schema)) return (value) => value === schema.const;
  if (KindGuard.IsBoolean(schema)) return (value) => typeof value === 'boolean';
  if (KindGuard.IsNull(schema)) return (value) => value === null;
  return (value) => Value.Check(schema, value);
}

/**
 * TypeBox's Value.Check for one schema as closures, made once: Value.Check walks the schema and compiles its patterns anew for each value, and
 * its compiler needs `new Function`. What the contracts' schemas do not use is left to Value.Check.
 */
export function checkOf(schema: TSchema): Check {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  const made = makeCheck(schema);
  checks.set(schema, made);
  return made;
}

import { fc } from '@civitas/testkit/properties';

/** JSON Schema as the OpenAPI of the console uses it. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly uniqueItems?: boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Longer values are tried by mutation, not by default: they only make a run slow. */
const LENGTH_MAX = 48;
const ITEMS_MAX = 4;

function textsOf({ pattern, minLength = 0, maxLength = Number.MAX_SAFE_INTEGER }: Schema): fc.Arbitrary<string> {
  const fits = (text: string): boolean => text.length >= minLength && text.length <= maxLength;
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { size: 'small' }).filter(fits);
  const bounds = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, LENGTH_MAX)) };
  return fc.oneof(fc.string(bounds), fc.string({ unit: 'binary', ...bounds })).filter(fits);
}

function listsOf({ items = {}, uniqueItems, minItems = 0, maxItems = ITEMS_MAX }: Schema): fc.Arbitrary<readonly unknown[]> {
  const bounds = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, ITEMS_MAX)) };
  const values = valuesOf(items);
  return uniqueItems === true ? fc.uniqueArray(values, { ...bounds, selector: (item) => JSON.stringify(item) }) : fc.array(values, bounds);
}

/** Values that a schema takes. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(valuesOf));
  switch (schema.type) {
    case 'object': {
      const values = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, property]) => [name, valuesOf(property)]));
      return fc.record(values, { requiredKeys: [...(schema.required ?? [])] });
    }
    case 'array':
      return listsOf(schema);
    case 'string':
      return textsOf(schema);
    case 'integer':
    case 'number':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? Number.MAX_SAFE_INTEGER });
    case 'boolean':
      return fc.boolean();
    default:
      return fc.jsonValue();
  }
}

/** Texts that have brought down parsers, paths, logs and terminals elsewhere. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  '../../../etc/passwd',
  '..\\..\\windows\\win.ini',
  '%2e%2e%2f',
  'a/b',
  'a\u0000b',
  '\u0007\u001b[31m',
  'a\r\nSet-Cookie: x=1',
  '\ud800',
  '\u202eabc',
  '王芳',
  '👩‍👩‍👧',
  'İ',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '-1',
  '1e309',
  '0x10',
  '9007199254740993',
  '99999999999999999999999999',
  '{{7*7}}',
  '${7*7}',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  'x'.repeat(300),
  'x'.repeat(5000),
  'a.'.repeat(100),
];

/** What stands where something else is expected. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, -0, [], {}, [[]], [null], { a: 1 }, JSON.parse('{"__proto__":{"x":1}}')),
  fc.constantFrom(...hostileTexts),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant(Array.from({ length: 300 }, (_, index) => index)),
);

type Change = 'replace' | 'drop' | 'add' | 'repeat';
interface Mutation {
  /** Which way to go down, by position among the children; the walk ends where there are none. */
  readonly steps: readonly number[];
  readonly change: Change;
  readonly junk: unknown;
}

function changed(value: unknown, { change, junk: instead }: Mutation): unknown {
  const isList = Array.isArray(value);
  if (change === 'add' && typeof value === 'object' && value !== null && !isList)
    return Object.fromEntries([...Object.entries(value), ['unheardOf', instead]]);
  if (change === 'repeat' && isList) return Array.from({ length: 200 }, () => value[0] ?? instead);
  return change === 'drop' ? undefined : instead;
}

function mutated(value: unknown, mutation: Mutation, depth = 0): unknown {
  const step = mutation.steps[depth];
  if (typeof value !== 'object' || value === null || step === undefined) return changed(value, mutation);
  const keys = Object.keys(value);
  const key = keys[step % (keys.length + 1)];
  if (key === undefined) return changed(value, mutation);
  const inner = mutated(Reflect.get(value, key), mutation, depth + 1);
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? inner : item));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, name === key ? inner : item]));
}

/** Values that are nearly such as a schema takes: at one place, something else. */
export function mutantsOf(schema: Schema): fc.Arbitrary<unknown> {
  const mutations = fc.record({
    steps: fc.array(fc.nat(12), { minLength: 0, maxLength: 4 }),
    change: fc.constantFrom<Change>('replace', 'replace', 'drop', 'add', 'repeat'),
    junk,
  });
  return fc.tuple(valuesOf(schema), mutations).map(([value, mutation]) => mutated(value, mutation));
}

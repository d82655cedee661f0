import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { allContracts } from './all-contracts.ts';
import { Bool, Bytes32, fields, Id, integer, listOf, Name, oneOf, optional, orNull, Proof } from './schema.ts';
import { checkOf } from './schema-check.ts';

const schemas: [string, TSchema][] = allContracts.flatMap(({ name, methods, views, ports }) => [
  ...Object.entries({ ...methods, ...views }).map(([method, { args }]): [string, TSchema] => [`${name} ${method}`, args]),
  ...Object.entries(ports).map(([version, { payload }]): [string, TSchema] => [`${name} port ${version}`, payload]),
]);

const NASTY: readonly unknown[] = [
  undefined,
  null,
  '',
  'a',
  'x'.repeat(200),
  0,
  -1,
  1.5,
  2 ** 53,
  Number.NaN,
  true,
  [],
  {},
  [undefined],
  { length: 1 },
  'AAAAAAAAAAAAAAAAAAAAAA',
  'A'.repeat(43),
  `${'A'.repeat(43)}\n`,
];

function anyValueFor(schema: TSchema): fc.Arbitrary<unknown> {
  const nasty = fc.constantFrom(...NASTY);
  const good = goodValueFor(schema);
  return fc.oneof({ arbitrary: good, weight: 12 }, { arbitrary: nasty, weight: 1 });
}

function anyObjectFor(schema: TSchema): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>);
  const members = properties.map(([key, property]) =>
    fc.tuple(
      fc.constant(key),
      anyValueFor(property),
      fc.integer({ min: 0, max: 19 }).map((dice) => dice > 0),
    ),
  );
  const extra = fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 9 },
    { arbitrary: fc.constantFrom('extra', 'toString', '__proto__'), weight: 1 },
  );
  return fc.tuple(fc.tuple(...members), extra).map(([chosen, more]) => {
    const kept = chosen.filter(([, , isKept]) => isKept).map(([key, value]): [string, unknown] => [key, value]);
    return Object.fromEntries(more === undefined ? kept : [...kept, [more, 1]]);
  });
}

function goodValueFor(schema: TSchema): fc.Arbitrary<unknown> {
  if (schema['anyOf'] !== undefined) return fc.oneof(...(schema['anyOf'] as TSchema[]).map(anyValueFor));
  if ('const' in schema) return fc.constant(schema['const'] as unknown);
  switch (schema['type']) {
    case 'object':
      return schema['properties'] === undefined ? fc.dictionary(fc.string(), fc.integer()) : anyObjectFor(schema);
    case 'array':
      return fc.array(anyValueFor(schema['items'] as TSchema), { maxLength: 5 });
    case 'integer':
      return fc.integer({ min: -2, max: 2 ** 31 });
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.oneof(fc.stringMatching(new RegExp(String(schema['pattern'] ?? '^.*$'))), fc.string({ maxLength: 90 }));
    default:
      return fc.constant(null);
  }
}

test.each(schemas)('%s: closures accept what Value.Check accepts', (_, schema) => {
  fc.assert(
    fc.property(anyValueFor(schema), (value) => {
      expect(checkOf(schema)(value)).toBe(Value.Check(schema, value));
    }),
    { numRuns: 120 },
  );
});

const closed = { additionalProperties: false };
const odd: [string, TSchema][] = [
  ['an open object', Type.Object({ a: Name })],
  ['an object with a member that may be anything', Type.Object({ a: Type.Unknown() }, closed)],
  ['an object with a member that may be undefined', Type.Object({ a: Type.Union([Type.Undefined(), Type.Null()]) }, closed)],
  ['an object of at most one member', Type.Object({ a: Type.Optional(Name), b: Type.Optional(Name) }, { ...closed, maxProperties: 1 })],
  ['unique items', Type.Array(Type.Integer(), { uniqueItems: true })],
  ['multiples', Type.Integer({ multipleOf: 3 })],
  ['nothing required', fields({ a: optional(Id), b: optional(listOf(Bytes32, 2)) })],
  ['everything else', fields({ a: orNull(Id), b: listOf(oneOf('x', 'y'), 3, 1), c: integer(0, 9), d: Bool, e: Proof })],
];

test.each(odd)('%s: the same', (_, schema) => {
  for (const value of NASTY) expect(checkOf(schema)(value)).toBe(Value.Check(schema, value));
  const members = NASTY.flatMap((a) => NASTY.map((b) => ({ a, b })));
  for (const value of [...members, ...NASTY.map((a) => ({ a })), { b: ['x'] }, [1, 1], [1, 2], 9, { a: 'a' }]) {
    expect(checkOf(schema)(value)).toBe(Value.Check(schema, value));
  }
  fc.assert(
    fc.property(anyValueFor(schema), (value) => {
      expect(checkOf(schema)(value)).toBe(Value.Check(schema, value));
    }),
  );
});

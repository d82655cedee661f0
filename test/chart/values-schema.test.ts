import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHART } from './helm.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
}

const read = (name: string): unknown => parse(readFileSync(join(CHART, name), 'utf8'));

/** Dotted paths of what the schema names; a map whose keys are a person's own is one path. */
function schemaPaths({ properties }: Schema, path: string): readonly string[] {
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([name, property]) => schemaPaths(property, path === '' ? name : `${path}.${name}`));
}

function hasPath(values: unknown, path: string): boolean {
  let at = values;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !(name in at)) return false;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return true;
}

/** Every object of a schema that names its properties. */
function objectsOf(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  const own = schema.properties === undefined ? [] : [[path, schema] as const];
  return [...own, ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => objectsOf(property, `${path}.${name}`))];
}

const schema = read('values.schema.json') as Schema;

test('every value that the schema knows stands in values.yaml with its default', () => {
  const values = read('values.yaml');
  const silent = schemaPaths(schema, '').filter((path) => !hasPath(values, path));
  // `global` is Helm's own; a request or limit that is left out is none.
  expect(silent.filter((path) => path !== 'global' && !path.startsWith('operator.resources.'))).toEqual([]);
});

test('no object of the schema takes what it does not name', () => {
  expect(
    objectsOf(schema, '')
      .filter(([, { additionalProperties }]) => additionalProperties !== false)
      .map(([path]) => path),
  ).toEqual([]);
});

import { allContracts, CODES, contractsOf, DOMAINS } from '@civitas/contracts';
import { describe, expect, test } from '@jest/globals';

type Node = { readonly [key: string]: unknown };

/** Every leaf of a schema with its path. */
function leaves(schema: Node, path: string): readonly (readonly [string, Node])[] {
  if (schema['type'] === 'object' && schema['properties'] !== undefined)
    return Object.entries(schema['properties'] as Record<string, Node>).flatMap(([name, child]) => leaves(child, `${path}.${name}`));
  if (schema['type'] === 'array') return leaves(schema['items'] as Node, `${path}[]`);
  if (Array.isArray(schema['anyOf'])) return (schema['anyOf'] as Node[]).flatMap((child) => leaves(child, path));
  return [[path, schema]];
}

function objects(schema: Node, path: string): readonly (readonly [string, Node])[] {
  if (schema['type'] === 'array') return objects(schema['items'] as Node, `${path}[]`);
  if (schema['type'] !== 'object' || schema['properties'] === undefined) return [];
  const children = Object.entries(schema['properties'] as Record<string, Node>).flatMap(([name, child]) =>
    objects(child, `${path}.${name}`),
  );
  return [[path, schema], ...children];
}

const schemas = allContracts.flatMap((contract) => [
  ...Object.entries(contract.methods).map(([name, method]) => [`${contract.name} ${name}`, method.args as Node] as const),
  ...Object.entries(contract.views).map(([name, view]) => [`${contract.name} view ${name}`, view.args as Node] as const),
  ...Object.entries(contract.ports).map(([name, port]) => [`${contract.name} port ${name}`, port.payload as Node] as const),
]);

describe('every schema', () => {
  test.each(schemas)('%s marks each field and bounds it, so that no name or number of a person fits', (name, schema) => {
    for (const [path, leaf] of leaves(schema, name)) {
      expect([path, ['public', 'pseudonym', 'commitment'].includes(String(leaf['privacy']))]).toEqual([path, true]);
      const isText = leaf['type'] === 'string' && leaf['const'] === undefined;
      if (isText) expect([path, typeof leaf['pattern'], typeof leaf['maxLength']]).toEqual([path, 'string', 'number']);
      if (isText) expect([path, new RegExp(String(leaf['pattern'])).test('张 三')]).toEqual([path, false]);
      if (leaf['type'] === 'integer') expect([path, typeof leaf['minimum'], typeof leaf['maximum']]).toEqual([path, 'number', 'number']);
    }
    for (const [path, object] of objects(schema, name)) expect([path, object['additionalProperties']]).toEqual([path, false]);
  });
});

test('every declared refusal is of the one code list', () => {
  for (const contract of allContracts)
    for (const [name, method] of Object.entries(contract.methods))
      for (const code of method.refusals) expect([contract.name, name, Object.hasOwn(CODES, code)]).toEqual([contract.name, name, true]);
});

test('each ledger runs its contracts, and all together are fourteen', () => {
  expect(DOMAINS.map((domain) => contractsOf(domain).map((contract) => contract.name))).toEqual([
    ['city.registry', 'city.identity', 'city.consent', 'city.access', 'city.rulebook', 'city.fiscal-receipt'],
    ['city.rulebook', 'health.index', 'health.attestation', 'health.access'],
    ['city.rulebook', 'housing.account', 'housing.withdrawal'],
    ['city.rulebook', 'courts.evidence'],
    ['city.rulebook', 'transport.violation', 'transport.fine'],
  ]);
  expect(allContracts.map((contract) => contract.name)).toHaveLength(14);
});

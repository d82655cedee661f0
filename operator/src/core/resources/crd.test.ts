import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { crdFiles } from '../../host/config/crd-files.ts';
import { crdOf } from './crd.ts';
import { KINDS } from './kinds.ts';

type Node = Readonly<Record<string, unknown>>;

/** Every schema node of a CRD with its path. */
function* schemaNodes(node: Node, path: string): Generator<readonly [string, Node]> {
  yield [path, node];
  const properties = (node['properties'] ?? {}) as Readonly<Record<string, Node>>;
  for (const [name, child] of Object.entries(properties)) yield* schemaNodes(child, `${path}.${name}`);
  if (node['items'] !== undefined) yield* schemaNodes(node['items'] as Node, `${path}[]`);
}

function schemaOf(crd: Node): Node {
  const spec = crd['spec'] as { versions: readonly { schema: { openAPIV3Schema: Node } }[] };
  return spec.versions[0]?.schema.openAPIV3Schema ?? {};
}

describe('the custom resource definitions', () => {
  test.each(crdFiles().map(({ name, yaml }) => [name, yaml] as const))('%s is what its source says', (name, yaml) => {
    expect(readFileSync(new URL(`../../../../charts/civitas/crds/${name}`, import.meta.url), 'utf8')).toBe(yaml);
  });

  test.each(KINDS.map((kind) => [kind.kind, kind] as const))('%s is structural and bounds every list and string', (_name, kind) => {
    for (const [path, node] of schemaNodes(schemaOf(crdOf(kind)), '')) {
      if (path === '.apiVersion' || path === '.kind') continue;
      expect(Object.keys(node).filter((key) => ['$ref', 'anyOf', 'oneOf', 'allOf', 'additionalProperties'].includes(key))).toEqual([]);
      if (node['type'] === 'array') expect([path, typeof node['maxItems']]).toEqual([path, 'number']);
      if (node['type'] === 'string' && node['enum'] === undefined) expect([path, typeof node['maxLength']]).toEqual([path, 'number']);
    }
  });

  test.each(KINDS.map((kind) => [kind.kind, kind] as const))(
    '%s has a short name, columns with an age, and a status of its own',
    (_name, kind) => {
      expect(kind.shortName).toMatch(/^[a-z]{3,7}$/);
      expect(kind.columns.map(({ name }) => name)).toContain('Age');
      expect(JSON.stringify(crdOf(kind))).toContain('"subresources":{"status":{}}');
    },
  );
});

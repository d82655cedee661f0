import type { TSchema } from '@sinclair/typebox';
import { GROUP, type Kind, VERSION } from './kind.ts';

type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
type JsonRecord = { readonly [key: string]: JsonValue };

const KEPT = [
  'description',
  'enum',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'maxProperties',
  'default',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
] as const;

/**
 * A TypeBox schema as a structural OpenAPI schema: no $ref, no anyOf.
 *
 * @throws Error on a construct a CustomResourceDefinition cannot hold: a bug in our own source.
 */
export function structuralOf(schema: TSchema): JsonRecord {
  const kept: Record<string, JsonValue> = {};
  for (const key of KEPT) if (schema[key] !== undefined) kept[key] = schema[key];
  switch (schema['type']) {
    case 'object':
      return { ...kept, type: 'object', ...requiredOf(schema), properties: propertiesOf(schema) };
    case 'array':
      return { ...kept, type: 'array', items: structuralOf(schema['items']) };
    case 'integer':
      return { ...kept, type: 'integer', format: 'int64' };
    case 'string':
    case 'boolean':
      return { ...kept, type: schema['type'] };
    default:
      throw new Error(`no structural form for ${JSON.stringify(schema)}`);
  }
}

function requiredOf(schema: TSchema): JsonRecord {
  const required: readonly string[] = schema['required'] ?? [];
  return required.length === 0 ? {} : { required: [...required].sort() };
}

function propertiesOf(schema: TSchema): JsonRecord {
  const properties: Readonly<Record<string, TSchema>> = schema['properties'] ?? {};
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, structuralOf(property)]));
}

/** The CustomResourceDefinition of a kind, ready for YAML. */
export function crdOf(kind: Kind): JsonRecord {
  const names = { kind: kind.kind, listKind: `${kind.kind}List`, plural: kind.plural, singular: kind.singular };
  const openAPIV3Schema: JsonRecord = {
    type: 'object',
    description: kind.description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: { description: 'What is asked for.', ...structuralOf(kind.spec) },
      status: { description: 'What the operator has seen and done.', ...structuralOf(kind.status) },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { ...names, shortNames: [kind.shortName], categories: ['civitas'] },
      scope: kind.scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns.map((column) => ({ ...column })),
          schema: { openAPIV3Schema },
        },
      ],
    },
  };
}

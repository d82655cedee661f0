import type { Json, JsonObject } from '../json.ts';

const conditions: Json = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    type: 'object',
    required: ['type'],
    properties: { type: { type: 'string' }, status: { type: 'string' }, reason: { type: 'string' }, message: { type: 'string' } },
  },
};

const pools: Json = {
  type: 'array',
  maxItems: 8,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['role'],
  items: {
    type: 'object',
    required: ['role'],
    properties: { role: { type: 'string' }, replicas: { type: 'integer', minimum: 0, maximum: 100, default: 4 } },
  },
};

/** The spec schema of a kind that uses what ours use: rules, transition rules, defaults, keyed lists. */
export const sampleSpec: JsonObject = {
  type: 'object',
  required: ['domain', 'chainId'],
  'x-kubernetes-validations': [
    { rule: 'self.chainId == oldSelf.chainId', message: 'chainId is immutable', fieldPath: '.chainId' },
    {
      rule: 'self.allowDowntime || self.pools.filter(p, p.role == "validator").all(p, p.replicas >= 4)',
      message: 'fewer than 4 validators need allowDowntime',
    },
  ],
  properties: {
    domain: { type: 'string', description: 'Which ledger this is.', enum: ['health', 'housing'] },
    chainId: { type: 'string', maxLength: 40, pattern: '^[a-z0-9-]+$' },
    allowDowntime: { type: 'boolean', default: false },
    maxUnavailable: { 'x-kubernetes-int-or-string': true },
    extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    pools,
  },
};

export const sampleDefinition: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'networks.test.dev' },
  spec: {
    group: 'test.dev',
    scope: 'Namespaced',
    names: { plural: 'networks', kind: 'Network', shortNames: ['tn'], categories: ['tests'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Domain', type: 'string', jsonPath: '.spec.domain' },
          { name: 'Available', type: 'string', jsonPath: '.status.conditions[?(@.type=="Available")].status' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: { spec: sampleSpec, status: { type: 'object', properties: { height: { type: 'integer' }, conditions } } },
          },
        },
      },
    ],
  },
};

/** One object of that kind. */
export function aNetwork(spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'test.dev/v1',
    kind: 'Network',
    metadata: { name: 'health' },
    spec: { domain: 'health', chainId: 'jincheng-health-1', pools: [{ role: 'validator' }, { role: 'observer', replicas: 1 }], ...spec },
  };
}

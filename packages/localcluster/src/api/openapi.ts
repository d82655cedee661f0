import { createHash } from 'node:crypto';
import { groupVersions } from './discovery.ts';
import { type Json, type JsonObject, objectAt } from './json.ts';
import type { Registry } from './registry.ts';
import { apiVersionOf, type ResourceType } from './resource.ts';

function pathOf(of: { group: string; version: string }): string {
  return of.group === '' ? `api/${of.version}` : `apis/${of.group}/${of.version}`;
}

function schemaName(type: ResourceType): string {
  return `${(type.group || 'core').split('.').reverse().join('.')}.${type.version}.${type.kind}`;
}

function gvk(type: ResourceType): JsonObject {
  return { group: type.group, version: type.version, kind: type.kind };
}

/** `/openapi/v3`: where the document of each group version is. Clients cache it by the hash in the address. */
export function openApiIndex(registry: Registry): JsonObject {
  const known = indexes.get(registry);
  if (known?.revision === registry.revision) return known.index;
  const index = makeIndex(registry);
  indexes.set(registry, { revision: registry.revision, index });
  return index;
}

// Every apply asks for the index, and its hashes need every document.
const indexes = new WeakMap<Registry, { revision: number; index: JsonObject }>();

function makeIndex(registry: Registry): JsonObject {
  const paths: JsonObject = {};
  for (const entry of groupVersions(registry)) {
    const path = pathOf(entry);
    const hash = createHash('sha256')
      .update(JSON.stringify(openApiDocument(registry, entry)))
      .digest('hex')
      .slice(0, 32)
      .toUpperCase();
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  }
  return { paths };
}

const queryParameters: readonly Json[] = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}));

function operation(type: ResourceType, action: string, extra: JsonObject = {}): JsonObject {
  const schema: Json = { $ref: `#/components/schemas/${schemaName(type)}` };
  return {
    operationId: `${action}${type.kind}`,
    responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(type),
    parameters: [...queryParameters],
    ...extra,
  };
}

/** `/openapi/v3/<group version>`: schemas of custom kinds in full, of built-in kinds as open objects, with the verbs clients ask about. */
export function openApiDocument(registry: Registry, of: { group: string; version: string }): JsonObject {
  const types = registry.all().filter((type) => type.group === of.group && type.version === of.version);
  const paths: JsonObject = {};
  const schemas: JsonObject = {};
  for (const type of types) {
    const base = `/${pathOf(of)}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.plural}`;
    const body = (media: readonly string[]): JsonObject => ({
      requestBody: { content: Object.fromEntries(media.map((name) => [name, { schema: { type: 'object' } }])), required: true },
    });
    // Strategic merge is served but not announced here: with only open objects for schemas, kubectl would try to compute its merge
    // keys from them, fail, and warn; unannounced, it takes the keys it was compiled with.
    const patches = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
    paths[base] = {
      get: operation(type, 'list'),
      post: operation(type, 'post', body(['*/*'])),
      delete: operation(type, 'deletecollection'),
    };
    paths[`${base}/{name}`] = {
      get: operation(type, 'get'),
      put: operation(type, 'put', body(['*/*'])),
      patch: operation(type, 'patch', body(patches)),
      delete: operation(type, 'delete'),
    };
    schemas[schemaName(type)] = {
      ...(type.custom === undefined ? openObject() : describedHead(type.custom.schema)),
      'x-kubernetes-group-version-kind': [gvk(type)],
    };
  }
  return { openapi: '3.0.0', info: { title: 'Civitas localcluster', version: serverVersion }, paths, components: { schemas } };
}

/** The fields every object begins with, in the words the real server adds to each custom kind. */
const head: JsonObject = {
  apiVersion: {
    description:
      'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
    type: 'string',
  },
  kind: {
    description:
      'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
    type: 'string',
  },
  metadata: {
    description:
      "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
    type: 'object',
  },
};

function describedHead(schema: JsonObject): JsonObject {
  return { ...schema, properties: { ...objectAt(schema, 'properties'), ...head } };
}

function openObject(): JsonObject {
  return {
    type: 'object',
    properties: {
      ...head,
      metadata: { ...objectAt(head, 'metadata'), 'x-kubernetes-preserve-unknown-fields': true },
    },
    'x-kubernetes-preserve-unknown-fields': true,
  };
}

/** `/openapi/v2`, for clients from before v3: kinds and their paths. */
export function openApiV2(registry: Registry): JsonObject {
  const definitions: JsonObject = {};
  const paths: JsonObject = {};
  for (const type of registry.all()) {
    definitions[schemaName(type)] = { type: 'object', 'x-kubernetes-group-version-kind': [gvk(type)] };
    paths[`/${pathOf(type)}/${type.plural}/{name}`] = {
      patch: {
        operationId: `patch${apiVersionOf(type)}${type.kind}`,
        consumes: ['application/json-patch+json', 'application/merge-patch+json'],
        'x-kubernetes-group-version-kind': gvk(type),
        parameters: ['dryRun', 'fieldValidation'].map((name) => ({ name, in: 'query', type: 'string', uniqueItems: true })),
        responses: { '200': { description: 'OK' } },
      },
    };
  }
  return { swagger: '2.0', info: { title: 'Civitas localcluster', version: serverVersion }, paths, definitions };
}

/** The Kubernetes version whose behaviour the server follows; clients compare their own with it. */
const serverVersion = 'v1.36.3';

export function versionInfo(): JsonObject {
  return {
    major: '1',
    minor: '36',
    gitVersion: `${serverVersion}+civitas`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

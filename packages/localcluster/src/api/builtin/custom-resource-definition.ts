import {
  type ApiObject,
  cloneJson,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  objectsAt,
  stringAt,
  stringsAt,
  valueAt,
} from '../json.ts';
import { atomic, conditionsShape, keyed, struct } from '../patch/shape.ts';
import { allVerbs, type Column, type ResourceType, type Subresource } from '../resource.ts';
import { compileSchema, shapeOfCustomObject } from '../schema/custom-schema.ts';
import { type FieldError, invalidValue, notSupported, required } from '../status-error.ts';
import { ageColumn, ageSince, createdAtColumn, nameColumn } from './cells.ts';
import { defineResource } from './define.ts';

function prepareDefinition(definition: ApiObject): void {
  const spec: JsonObject = isObject(definition['spec']) ? definition['spec'] : {};
  const names: JsonObject = isObject(spec['names']) ? spec['names'] : {};
  const kind = stringAt(names, 'kind');
  if (names['singular'] === undefined) names['singular'] = kind.toLowerCase();
  if (names['listKind'] === undefined) names['listKind'] = `${kind}List`;
  spec['names'] = names;
  spec['conversion'] ??= { strategy: 'None' };
  definition['spec'] = spec;
}

function validateDefinition(definition: ApiObject, old: ApiObject | undefined): FieldError[] {
  const spec = objectAt(definition, 'spec');
  const errors: FieldError[] = [];
  const group = stringAt(spec, 'group');
  const plural = stringAt(spec, 'names', 'plural');
  const scope = stringAt(spec, 'scope');
  if (group === '') errors.push(required('spec.group'));
  if (plural === '') errors.push(required('spec.names.plural'));
  if (stringAt(spec, 'names', 'kind') === '') errors.push(required('spec.names.kind'));
  if (!['Cluster', 'Namespaced'].includes(scope)) errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  const name = `${plural}.${group}`;
  if (definition.metadata.name !== name)
    errors.push(invalidValue('metadata.name', definition.metadata.name, `must be spec.names.plural+"."+spec.group`));
  const versions = objectsAt(spec, 'versions');
  if (versions.filter((version) => version['storage'] === true).length !== 1) {
    errors.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  versions.forEach((version, index) => errors.push(...validateVersion(version, `spec.versions[${index}]`)));
  if (old !== undefined) {
    for (const path of [['group'], ['scope'], ['names', 'plural'], ['names', 'kind']]) {
      const [before, after] = [stringAt(old, 'spec', ...path), stringAt(spec, ...path)];
      if (before !== after) errors.push(invalidValue(`spec.${path.join('.')}`, after, 'field is immutable'));
    }
  }
  return errors;
}

function validateVersion(version: JsonObject, path: string): FieldError[] {
  const schema = valueAt(version, 'schema', 'openAPIV3Schema');
  if (!isObject(schema)) return [required(`${path}.schema.openAPIV3Schema`, 'schemas are required')];
  const at = `${path}.schema.openAPIV3Schema`;
  if (schema['type'] !== 'object') return [invalidValue(`${at}.type`, schema['type'] ?? '', 'must be object at the root')];
  const { problems } = compileSchema(schema);
  return [
    ...problems.map(({ path: rest, problem }) => invalidValue(`${at}${rest}`, problem.rule, problem.message)),
    ...nonStructural(schema, at),
  ];
}

/** The parts of structural schema rules whose breach would make pruning or defaulting ambiguous. */
function nonStructural(schema: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const isFree = schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema['type'] === undefined && !isFree) errors.push(required(`${path}.type`, 'must not be empty for specified object fields'));
  if (isObject(schema['properties']) && isObject(schema['additionalProperties'])) {
    errors.push(invalidValue(`${path}.additionalProperties`, '<schema>', 'must not be set together with properties'));
  }
  if (schema['x-kubernetes-list-type'] === 'map' && stringsAt(schema, 'x-kubernetes-list-map-keys').length === 0) {
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  }
  if (schema['type'] === 'array' && !isObject(schema['items'])) errors.push(required(`${path}.items`, 'must be specified'));
  for (const [key, child] of Object.entries(objectAt(schema, 'properties')))
    if (isObject(child)) errors.push(...nonStructural(child, `${path}.properties[${key}]`));
  if (isObject(schema['items'])) errors.push(...nonStructural(schema['items'], `${path}.items`));
  if (isObject(schema['additionalProperties']))
    errors.push(...nonStructural(schema['additionalProperties'], `${path}.additionalProperties`));
  return errors;
}

/** The served resources of one definition, one a version; [] while its schema does not compile. */
export function resourcesOf(definition: ApiObject): ResourceType[] {
  const spec = objectAt(definition, 'spec');
  const names = objectAt(spec, 'names');
  return objectsAt(spec, 'versions')
    .filter((version) => version['served'] === true)
    .map((version): ResourceType => {
      const { schema } = compileSchema(objectAt(version, 'schema', 'openAPIV3Schema'));
      const hasStatus = isObject(valueAt(version, 'subresources', 'status'));
      return {
        group: stringAt(spec, 'group'),
        version: stringAt(version, 'name'),
        plural: stringAt(names, 'plural'),
        singular: stringAt(names, 'singular'),
        kind: stringAt(names, 'kind'),
        listKind: stringAt(names, 'listKind'),
        shortNames: stringsAt(names, 'shortNames'),
        categories: stringsAt(names, 'categories'),
        namespaced: spec['scope'] === 'Namespaced',
        verbs: allVerbs,
        hasStatus,
        hasGeneration: true,
        subresources: subresourcesOf(version),
        columns: columnsOf(version),
        shape: shapeOfCustomObject(schema.schema),
        strategy: {},
        custom: schema,
      };
    });
}

function subresourcesOf(version: JsonObject): Subresource[] {
  return isObject(valueAt(version, 'subresources', 'scale'))
    ? [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: ['get', 'patch', 'update'] }]
    : [];
}

const columnTypes = ['string', 'integer', 'number', 'boolean', 'date'] as const;

function columnsOf(version: JsonObject): Column[] {
  const own = objectsAt(version, 'additionalPrinterColumns').map((column): Column => {
    const type = columnTypes.find((name) => name === column['type']) ?? 'string';
    const read = jsonPathReader(stringAt(column, 'jsonPath'));
    return {
      name: stringAt(column, 'name'),
      type,
      ...(stringAt(column, 'format') === '' ? {} : { format: stringAt(column, 'format') }),
      description: stringAt(column, 'description'),
      priority: typeof column['priority'] === 'number' ? column['priority'] : 0,
      cell: (object, nowUnixMs) => cellOf(read(object), type, nowUnixMs),
    };
  });
  return own.length === 0 ? [nameColumn, ageColumn] : [nameColumn, ...own];
}

function cellOf(values: readonly Json[], type: Column['type'], nowUnixMs: number): Json {
  const value = values[0];
  if (value === undefined || value === null) return null;
  if (type === 'date') return typeof value === 'string' ? ageSince(value, nowUnixMs) : '<invalid>';
  if (type === 'string') return typeof value === 'object' ? JSON.stringify(value) : values.map(String).join(' ');
  return value;
}

/** Reads `.a.b`, `.a[0]`, `.a[*].b`, `.a['b.c']` and `.a[?(@.type=="Ready")].status`: the paths printer columns use. */
export function jsonPathReader(path: string): (root: Json) => Json[] {
  const steps = [...path.matchAll(/\.((?:\\.|[^.[\]\\])+)|\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]|\[(\*|\d+)\]|\['([^']*)'\]/g)];
  return (root) => steps.reduce((values: Json[], step) => values.flatMap((value) => stepInto(value, step)), [root]);
}

function stepInto(value: Json, step: RegExpMatchArray): Json[] {
  const [, field, filterField, filterValue, index, quoted] = step;
  if (filterField !== undefined) {
    return Array.isArray(value) ? value.filter((item) => String(valueAt(item, ...filterField.split('.')) ?? '') === filterValue) : [];
  }
  if (index !== undefined) return Array.isArray(value) ? (index === '*' ? value : value.slice(Number(index), Number(index) + 1)) : [];
  const key = (field ?? quoted ?? '').replaceAll('\\.', '.');
  const child = valueAt(value, key);
  return child === undefined ? [] : [child];
}

/** The status a definition gets as soon as it is stored: its names are accepted and it is served. */
export function establishedStatus(definition: ApiObject, nowIso: string): JsonObject {
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    lastTransitionTime: nowIso,
    reason,
    message,
  });
  const known = objectsAt(definition, 'status', 'conditions');
  const storage = objectsAt(definition, 'spec', 'versions').find((version) => version['storage'] === true);
  const stored = new Set([...stringsAt(definition, 'status', 'storedVersions'), stringAt(storage, 'name')]);
  return {
    conditions:
      known.length > 0
        ? cloneJson(known)
        : [
            condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
            condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
          ],
    acceptedNames: cloneJson(objectAt(definition, 'spec', 'names')),
    storedVersions: [...stored],
  };
}

export const definitionResource: ResourceType = defineResource({
  group: 'apiextensions.k8s.io',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  hasStatus: true,
  hasGeneration: true,
  spec: struct({ versions: keyed('name', struct({ schema: struct({ openAPIV3Schema: atomic }), additionalPrinterColumns: atomic })) }),
  status: struct({ conditions: conditionsShape }),
  columns: [nameColumn, createdAtColumn],
  strategy: {
    prepare: prepareDefinition,
    validate: validateDefinition,
  },
});

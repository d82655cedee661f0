import { equalJson, isObject, type Json, type JsonObject, objectAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import { metadataShape, type Shape } from '../patch/shape.ts';
import type { CustomSchema } from '../resource.ts';
import type { FieldError } from '../status-error.ts';
import { type CelProblem, type CelRule, celValueOf, compileRule } from './cel.ts';
import { correlated, fillDefaults, pruneUnknown, validateStructure } from './structural.ts';

/** A schema node that has rules somewhere at or below it; others are not walked. */
interface RuleNode {
  readonly schema: JsonObject;
  readonly rules: readonly CelRule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly items?: RuleNode;
  readonly rest?: RuleNode;
}

/** Errors after which the real server asks no rules: they might meet a value of another type or size than they were written for. */
const BLOCKING: ReadonlySet<FieldError['reason']> = new Set([
  'FieldValueRequired',
  'FieldValueTypeInvalid',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
]);
const NOT_CHECKED: FieldError = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** Compiles the schema of one CRD version; rules that do not compile are returned with their place. */
export function compileSchema(source: JsonObject): { schema: CustomSchema; problems: { path: string; problem: CelProblem }[] } {
  const problems: { path: string; problem: CelProblem }[] = [];
  const schema = withObjectMeta(source);
  const root = ruleNodeOf(schema, '', problems);
  return {
    problems,
    schema: {
      schema,
      applyDefaults: (object) => fillDefaults(object, schema),
      prune: (object) => pruneUnknown(object, schema),
      validate: (object, old, found) => {
        const errors = validateStructure(object, schema, { path: '', old });
        if (root === undefined) return errors;
        const isBlocked = [...found, ...errors].some(({ reason }) => BLOCKING.has(reason));
        return [...errors, ...(isBlocked ? [NOT_CHECKED] : runRules(root, { path: '', value: object, old }))];
      },
    },
  };
}

function withObjectMeta(schema: JsonObject): JsonObject {
  const properties = objectAt(schema, 'properties');
  const metadata = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, ...objectAt(properties, 'metadata') };
  return { ...schema, properties: { ...properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata } };
}

function ruleNodeOf(schema: JsonObject, path: string, problems: { path: string; problem: CelProblem }[]): RuleNode | undefined {
  const rules: CelRule[] = [];
  objectsAt(schema, 'x-kubernetes-validations').forEach((source, index) => {
    const rule = compileRule(source);
    if ('check' in rule) rules.push(rule);
    else problems.push({ path: `${path}.x-kubernetes-validations[${index}].rule`, problem: rule });
  });
  const properties = new Map<string, RuleNode>();
  for (const [key, child] of Object.entries(objectAt(schema, 'properties'))) {
    const node = isObject(child) ? ruleNodeOf(child, `${path}.properties[${key}]`, problems) : undefined;
    if (node !== undefined) properties.set(key, node);
  }
  const items = isObject(schema['items']) ? ruleNodeOf(schema['items'], `${path}.items`, problems) : undefined;
  const rest = isObject(schema['additionalProperties'])
    ? ruleNodeOf(schema['additionalProperties'], `${path}.additionalProperties`, problems)
    : undefined;
  if (rules.length === 0 && properties.size === 0 && items === undefined && rest === undefined) return undefined;
  return { schema, rules, properties, ...(items === undefined ? {} : { items }), ...(rest === undefined ? {} : { rest }) };
}

interface Place {
  readonly path: string;
  readonly value: Json;
  readonly old: Json | undefined;
}

function runRules(node: RuleNode, place: Place): FieldError[] {
  const { path, value, old } = place;
  if (value === null) return [];
  const errors = checkRules(node, place);
  if (Array.isArray(value) && node.items !== undefined) {
    const { items } = node;
    value.forEach((item, index) => {
      errors.push(...runRules(items, { path: `${path}[${index}]`, value: item, old: correlated(old, { item, index }, node.schema) }));
    });
  }
  if (!isObject(value)) return errors;
  for (const [key, child] of Object.entries(value)) {
    const childOld = isObject(old) ? old[key] : undefined;
    const declared = node.properties.get(key);
    if (declared !== undefined)
      errors.push(...runRules(declared, { path: path === '' ? key : `${path}.${key}`, value: child, old: childOld }));
    else if (node.rest !== undefined) errors.push(...runRules(node.rest, { path: `${path}[${key}]`, value: child, old: childOld }));
  }
  return errors;
}

function checkRules(node: RuleNode, place: Place): FieldError[] {
  const { value, old } = place;
  const isUnchanged = old !== undefined && equalJson(old, value);
  const due = node.rules.filter((rule) => (rule.isTransition ? old !== undefined || rule.optionalOldSelf : !isUnchanged));
  if (due.length === 0) return [];
  const self = celValueOf(value, node.schema);
  const oldSelf = old === undefined ? undefined : celValueOf(old, node.schema);
  const errors: FieldError[] = [];
  for (const rule of due) {
    const message = rule.check(self, oldSelf);
    if (message !== undefined) errors.push(ruleError(rule, { ...place, message }));
  }
  return errors;
}

function ruleError(rule: CelRule, at: Place & { message: string }): FieldError {
  const path = rule.fieldPath === '' ? at.path : `${at.path}${at.path === '' ? rule.fieldPath.slice(1) : rule.fieldPath}`;
  const field = path === '' ? '<nil>' : path;
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return { reason: rule.reason, field, message: `Forbidden: ${at.message}` };
    case 'FieldValueRequired':
      return { reason: rule.reason, field, message: `Required value: ${at.message}` };
    case 'FieldValueDuplicate':
      return { reason: rule.reason, field, message: `Duplicate value: ${shown(at.value)}: ${at.message}` };
    default:
      // The real server shows what is wrong with text or a number, and leaves a whole object or list out.
      return {
        reason: 'FieldValueInvalid',
        field,
        message: `Invalid value: ${isWhole(at.value) ? '' : `${shown(at.value)}: `}${at.message}`,
      };
  }
}

function isWhole(value: Json): boolean {
  return Array.isArray(value) || isObject(value);
}

/** Objects and lists are shown by their type, as the real server does. */
function shown(value: Json): string {
  if (Array.isArray(value)) return '"array"';
  return isObject(value) ? '"object"' : JSON.stringify(value);
}

/** How values of a structural schema merge, from its list and map types. */
function shapeOfSchema(schema: JsonObject): Shape {
  if (schema['type'] === 'array') {
    switch (schema['x-kubernetes-list-type']) {
      case 'set':
        return { type: 'set' };
      case 'map':
        return keyedShape(schema);
      default:
        return { type: 'atomic' };
    }
  }
  if (schema['x-kubernetes-map-type'] === 'atomic') return { type: 'atomic' };
  const fields = Object.fromEntries(
    Object.entries(objectAt(schema, 'properties')).map(([key, child]) => [key, shapeOfSchema(isObject(child) ? child : {})]),
  );
  const rest = schema['additionalProperties'];
  return { type: 'granular', fields, ...(isObject(rest) ? { other: shapeOfSchema(rest) } : {}) };
}

function keyedShape(schema: JsonObject): Shape {
  const properties = objectAt(schema, 'items', 'properties');
  const keys = stringsAt(schema, 'x-kubernetes-list-map-keys');
  const defaults = Object.fromEntries(
    keys.flatMap((key) => (stringAt(properties, key, 'default') === '' ? [] : [[key, stringAt(properties, key, 'default')]])),
  );
  return { type: 'keyed', keys, defaults, item: shapeOfSchema(objectAt(schema, 'items')) };
}

/** The shape of a whole custom object. */
export function shapeOfCustomObject(schema: JsonObject): Shape {
  const shape = shapeOfSchema(schema);
  return shape.type === 'granular' ? { ...shape, fields: { ...shape.fields, metadata: metadataShape } } : shape;
}

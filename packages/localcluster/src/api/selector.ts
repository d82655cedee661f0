import { type ApiObject, isObject, type Json, type JsonObject, objectAt, stringsAt, valueAt } from './json.ts';
import { badRequest } from './status-error.ts';

export type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;
export type ObjectTest = (object: ApiObject) => boolean;

const requirement = /^\s*(!?)\s*([A-Za-z0-9./_-]+)\s*(?:(==|=|!=|>|<|\s+in\s*|\s+notin\s*)\s*(\([^)]*\)|[A-Za-z0-9._-]*))?\s*$/;

/** Parses `a=b,c!=d,e in (f,g),h,!i`; the empty text selects everything. @throws StatusError 400 */
export function parseLabelSelector(text: string): LabelTest {
  if (text.trim() === '') return () => true;
  const tests = splitOutsideParentheses(text).map((part) => parseRequirement(part, text));
  return (labels) => tests.every((test) => test(labels));
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index];
    if (letter === '(') depth += 1;
    else if (letter === ')') depth -= 1;
    else if (letter === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function parseRequirement(part: string, whole: string): LabelTest {
  const match = requirement.exec(part);
  const key = match?.[2];
  const operator = match?.[3]?.trim();
  const operand = match?.[4] ?? '';
  const isList = operator === 'in' || operator === 'notin';
  const isNegated = match?.[1] === '!';
  if (key === undefined || (isNegated && operator !== undefined) || isList !== operand.startsWith('(')) {
    throw badRequest(`unable to parse requirement: found ${JSON.stringify(part.trim())} in ${JSON.stringify(whole)}`);
  }
  const values = isList
    ? operand
        .slice(1, -1)
        .split(',')
        .map((value) => value.trim())
    : [operand];
  return labelTest({ key, operator: operator ?? (isNegated ? '!' : 'exists'), values });
}

function labelTest(test: { key: string; operator: string; values: readonly string[] }): LabelTest {
  const { key, operator, values } = test;
  switch (operator) {
    case 'exists':
      return (labels) => Object.hasOwn(labels, key);
    case '!':
      return (labels) => !Object.hasOwn(labels, key);
    case '!=':
    case 'notin':
      return (labels) => !Object.hasOwn(labels, key) || !values.includes(labels[key] ?? '');
    case '>':
      return (labels) => Object.hasOwn(labels, key) && Number(labels[key]) > Number(values[0]);
    case '<':
      return (labels) => Object.hasOwn(labels, key) && Number(labels[key]) < Number(values[0]);
    default:
      return (labels) => Object.hasOwn(labels, key) && values.includes(labels[key] ?? '');
  }
}

/** The test of a `metav1.LabelSelector` value; an empty selector matches everything, a missing one nothing. */
export function labelSelectorOf(selector: Json | undefined): LabelTest {
  if (!isObject(selector)) return () => false;
  const wanted = Object.entries(objectAt(selector, 'matchLabels'));
  const expressions = (Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'] : []).filter(isObject);
  const tests = expressions.map((expression) => expressionTest(expression));
  return (labels) => wanted.every(([key, value]) => labels[key] === value) && tests.every((test) => test(labels));
}

function expressionTest(expression: JsonObject): LabelTest {
  const operators: Record<string, string> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };
  const operator = operators[String(expression['operator'])];
  if (operator === undefined) return () => false;
  return labelTest({ key: String(expression['key']), operator, values: stringsAt(expression, 'values') });
}

const fieldDefaults: Record<string, string> = { 'spec.unschedulable': 'false' };

/** Fields that may be selected, by kind, beside `metadata.name` and `metadata.namespace`. */
const selectableFields: Record<string, readonly string[]> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  Secret: ['type'],
  Namespace: ['status.phase'],
  Node: ['spec.unschedulable'],
  Service: ['spec.clusterIP', 'spec.type'],
  CustomResourceDefinition: [],
};

/**
 * Parses `a=b,c!=d` over the fields the kind lets one select.
 *
 * @throws StatusError 400 for a field that cannot be selected.
 */
export function parseFieldSelector(text: string, kind: string): ObjectTest {
  if (text.trim() === '') return () => true;
  const tests = text.split(',').map((part): ObjectTest => {
    const match = /^\s*([^=!\s]+)\s*(==|=|!=)(.*)$/.exec(part);
    const field = match?.[1];
    if (field === undefined) throw badRequest(`invalid field selector ${JSON.stringify(text)}: can't understand ${JSON.stringify(part)}`);
    const isKnown = field === 'metadata.name' || field === 'metadata.namespace' || selectableFields[kind]?.includes(field);
    if (isKnown !== true)
      throw badRequest(
        `Unable to find ${JSON.stringify(kind)} that match label selector "", field selector ${JSON.stringify(text)}: field label not supported: ${field}`,
      );
    const wanted = (match?.[3] ?? '').trim();
    const isWanted = match?.[2] !== '!=';
    return (object) => (fieldText(object, field) === wanted) === isWanted;
  });
  return (object) => tests.every((test) => test(object));
}

function fieldText(object: ApiObject, field: string): string {
  const path = field === 'source' ? ['source', 'component'] : field.split('.');
  const value = valueAt(object, ...path);
  return value === undefined || value === null ? (fieldDefaults[field] ?? '') : String(value);
}

/** The one name a field selector pins, for authorization and cheap reads. */
export function selectedName(text: string): string | undefined {
  return /(?:^|,)\s*metadata\.name==?([^,]+)/.exec(text)?.[1]?.trim();
}

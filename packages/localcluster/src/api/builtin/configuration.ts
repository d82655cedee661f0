import { type ApiObject, equalJson, isObject, type JsonObject, objectAt, stringAt } from '../json.ts';
import { configurationBytesMax } from '../limits.ts';
import { keyed } from '../patch/shape.ts';
import type { ResourceType } from '../resource.ts';
import { type FieldError, fieldForbidden, invalidValue } from '../status-error.ts';
import { ageColumn, countColumn, dataCount, nameColumn, pathColumn } from './cells.ts';
import { defineResource } from './define.ts';

const keyPattern = /^[-._a-zA-Z0-9]+$/;
const keyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function validateKeys(object: ApiObject, field: string): FieldError[] {
  return Object.keys(objectAt(object, field)).flatMap((key) =>
    keyPattern.test(key) && key.length <= 253 ? [] : [invalidValue(`${field}[${key}]`, key, keyRule)],
  );
}

function validateText(object: ApiObject, field: string): FieldError[] {
  return Object.entries(objectAt(object, field)).flatMap(([key, value]) =>
    typeof value === 'string' ? [] : [invalidValue(`${field}[${key}]`, value, 'must be a string')],
  );
}

function validateBytes(object: ApiObject, field: string): FieldError[] {
  return Object.entries(objectAt(object, field)).flatMap(([key, value]) =>
    typeof value === 'string' && base64.test(value) ? [] : [invalidValue(`${field}[${key}]`, '<value omitted>', 'must be base64')],
  );
}

/** @param field what the real server names: the whole ConfigMap, or a Secret's data. */
function validateSize(bytes: number, field: string): FieldError[] {
  if (bytes <= configurationBytesMax) return [];
  return [{ reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${configurationBytesMax} bytes` }];
}

function textBytes(object: ApiObject, field: string): number {
  return Object.values(objectAt(object, field)).reduce((sum: number, value) => sum + Buffer.byteLength(String(value)), 0);
}

function decodedBytes(object: ApiObject, field: string): number {
  return Object.values(objectAt(object, field)).reduce((sum: number, value) => sum + Buffer.byteLength(String(value), 'base64'), 0);
}

function validateImmutable(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  if (old?.['immutable'] !== true) return [];
  const errors: FieldError[] = [];
  if (object['immutable'] !== true) errors.push(fieldForbidden('immutable', 'field is immutable when `immutable` is set'));
  for (const field of ['data', 'binaryData']) {
    if (!equalJson(objectAt(object, field), objectAt(old, field)))
      errors.push(fieldForbidden(field, 'field is immutable when `immutable` is set'));
  }
  return errors;
}

function prepareSecret(secret: ApiObject): void {
  secret['type'] ??= 'Opaque';
  const texts = secret['stringData'];
  if (!isObject(texts)) return;
  const data: JsonObject = { ...objectAt(secret, 'data') };
  for (const [key, value] of Object.entries(texts)) data[key] = Buffer.from(String(value)).toString('base64');
  secret['data'] = data;
  delete secret['stringData'];
}

/** Keys each Secret type must have. */
const secretKeys: Record<string, readonly string[]> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
};

function validateSecret(secret: ApiObject, old: ApiObject | undefined): FieldError[] {
  const type = stringAt(secret, 'type');
  const errors = [...validateKeys(secret, 'data'), ...validateBytes(secret, 'data'), ...validateImmutable(secret, old)];
  errors.push(...validateSize(decodedBytes(secret, 'data'), 'data'));
  for (const key of secretKeys[type] ?? []) {
    if (!Object.hasOwn(objectAt(secret, 'data'), key))
      errors.push({ reason: 'FieldValueRequired', field: `data[${key}]`, message: 'Required value' });
  }
  if (old !== undefined && type !== stringAt(old, 'type')) errors.push(invalidValue('type', type, 'field is immutable'));
  return errors;
}

export const configMapResource: ResourceType = defineResource({
  plural: 'configmaps',
  kind: 'ConfigMap',
  shortNames: ['cm'],
  columns: [nameColumn, countColumn('Data', dataCount), ageColumn],
  strategy: {
    validate: (object, old) => [
      ...validateKeys(object, 'data'),
      ...validateText(object, 'data'),
      ...validateKeys(object, 'binaryData'),
      ...validateBytes(object, 'binaryData'),
      ...validateSize(textBytes(object, 'data') + decodedBytes(object, 'binaryData'), '[]'),
      ...validateImmutable(object, old),
    ],
  },
});

export const secretResource: ResourceType = defineResource({
  plural: 'secrets',
  kind: 'Secret',
  columns: [nameColumn, pathColumn('Type', 'type'), countColumn('Data', dataCount), ageColumn],
  strategy: { prepare: prepareSecret, validate: validateSecret },
});

export const serviceAccountResource: ResourceType = defineResource({
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  shortNames: ['sa'],
  fields: { secrets: keyed('name'), imagePullSecrets: keyed('name') },
  subresources: [{ name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }],
  columns: [nameColumn, countColumn('Secrets', (object) => (Array.isArray(object['secrets']) ? object['secrets'].length : 0)), ageColumn],
});

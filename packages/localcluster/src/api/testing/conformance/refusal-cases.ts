import { describe, expect, test } from '@jest/globals';
import type { Json, JsonObject } from '../../json.ts';
import { aNetwork } from '../sample-definition.ts';
import { configMaps, networks } from './case-objects.ts';
import type { ConformanceServer } from './conformance-server.ts';
import { type DIFFERENCES, said } from './differences.ts';

interface Refused {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly body?: Json;
  readonly contentType?: string;
  readonly code: number;
  /** What the message begins with. */
  readonly message?: string;
  readonly differs?: keyof typeof DIFFERENCES;
}

const health = `${networks}/health`;
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const APPLY = 'application/apply-patch+yaml';
const INVALID = 'Network.test.dev "health" is invalid: ';
const NOT_CHECKED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

const spec = (what: string, change: JsonObject, message: string): Refused => ({
  ...{ what, method: 'PATCH', path: health, body: { spec: change }, contentType: MERGE, code: 422, message: `${INVALID}${message}` },
});
const post = (what: string, body: JsonObject, code: number, message: string): Refused => ({
  what,
  method: 'POST',
  path: configMaps,
  body,
  code,
  message,
});

const SCHEMA: readonly Refused[] = [
  spec(
    'a value that is not in the enumeration',
    { domain: 'courts' },
    `[spec.domain: Unsupported value: "courts": supported values: "health", "housing", ${NOT_CHECKED}]`,
  ),
  spec(
    'a pattern and a rule at once',
    { chainId: 'Other!' },
    `[spec.chainId: Invalid value: "Other!": spec.chainId in body should match '^[a-z0-9-]+$', spec.chainId: Invalid value: chainId is immutable]`,
  ),
  spec(
    'a number for text',
    { chainId: 5 },
    `[spec.chainId: Invalid value: "integer": spec.chainId in body must be of type string: "integer", ${NOT_CHECKED}]`,
  ),
  spec('a text that is too long', { chainId: 'x'.repeat(41) }, `[spec.chainId: Too long: may not be more than 40 bytes, ${NOT_CHECKED}]`),
  spec('a missing field', { chainId: null }, `[spec.chainId: Required value, ${NOT_CHECKED}]`),
  spec(
    'a number above its maximum',
    { pools: [{ role: 'validator', replicas: 101 }] },
    'spec.pools[0].replicas: Invalid value: 101: spec.pools[0].replicas in body should be less than or equal to 100',
  ),
  spec('a key twice', { pools: [{ role: 'validator' }, { role: 'validator' }] }, 'spec.pools[1]: Duplicate value: {"role":"validator"}'),
  spec('a missing key', { pools: [{ replicas: 4 }] }, `[spec.pools[0].role: Required value, ${NOT_CHECKED}]`),
  spec(
    'too many items',
    { pools: Array.from({ length: 9 }, (_, index) => ({ role: `r${index}` })) },
    `[spec.pools: Too many: 9: must have at most 8 items, ${NOT_CHECKED}]`,
  ),
  spec(
    'text for a boolean',
    { allowDowntime: 'yes' },
    `[spec.allowDowntime: Invalid value: "string": spec.allowDowntime in body must be of type boolean: "string", ${NOT_CHECKED}]`,
  ),
  {
    what: 'no spec at all',
    method: 'PATCH',
    path: health,
    body: { spec: null },
    contentType: MERGE,
    code: 422,
    message: `${INVALID}[spec: Required value, ${NOT_CHECKED}]`,
  },
];

const WRITES: readonly Refused[] = [
  {
    what: 'a replacement that names no version',
    method: 'PUT',
    path: health,
    body: aNetwork(),
    code: 422,
    message: 'networks.test.dev "health" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  },
  {
    what: 'a replacement of what is not there',
    method: 'PUT',
    path: `${configMaps}/absent`,
    body: { metadata: { name: 'absent' } },
    code: 404,
    message: 'configmaps "absent" not found',
  },
  {
    what: 'another uid',
    method: 'PATCH',
    path: health,
    body: { metadata: { uid: 'other' } },
    contentType: MERGE,
    code: 422,
    message: `${INVALID}metadata.uid: Invalid value: "other": field is immutable`,
  },
  {
    what: 'another uid in a replacement',
    method: 'PUT',
    path: health,
    body: { ...aNetwork(), metadata: { name: 'health', uid: 'other', resourceVersion: '1' } },
    code: 409,
  },
  { what: 'an old version', method: 'PATCH', path: health, body: { metadata: { resourceVersion: '1' } }, contentType: MERGE, code: 409 },
  { what: 'another name', method: 'PATCH', path: health, body: { metadata: { name: 'other' } }, contentType: MERGE, code: 400 },
  {
    what: 'a JSON patch whose test fails',
    method: 'PATCH',
    path: health,
    body: [{ op: 'test', path: '/spec/domain', value: 'x' }],
    contentType: JSON_PATCH,
    code: 422,
    differs: 'failedJsonPatch',
  },
  {
    what: 'a JSON patch of a path that is not there',
    method: 'PATCH',
    path: health,
    body: [{ op: 'remove', path: '/spec/none' }],
    contentType: JSON_PATCH,
    code: 422,
    differs: 'failedJsonPatch',
  },
  {
    what: 'a strategic merge patch of a custom object',
    method: 'PATCH',
    path: health,
    body: {},
    contentType: 'application/strategic-merge-patch+json',
    code: 415,
  },
  {
    what: 'an apply by nobody',
    method: 'PATCH',
    path: `${configMaps}/still`,
    body: { apiVersion: 'v1', kind: 'ConfigMap' },
    contentType: APPLY,
    code: 422,
    message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  },
  {
    what: 'an apply of no kind',
    method: 'PATCH',
    path: `${configMaps}/still?fieldManager=a`,
    body: { metadata: { name: 'still' } },
    contentType: APPLY,
    code: 400,
    message: 'invalid object type: /, Kind=',
  },
  {
    what: 'a dry run that is none',
    method: 'PATCH',
    path: `${health}?dryRun=Some`,
    body: {},
    contentType: MERGE,
    code: 422,
    message: 'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
  },
  {
    what: 'a validation that is none',
    method: 'PUT',
    path: `${configMaps}/kube-root-ca.crt?fieldValidation=Odd`,
    body: {},
    code: 422,
    message:
      'UpdateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Odd": supported values: "", "Ignore", "Strict", "Warn"',
  },
  {
    what: 'another version of the kind',
    method: 'POST',
    path: networks,
    body: { ...aNetwork(), apiVersion: 'test.dev/v2' },
    code: 400,
    message: 'the API version in the data (test.dev/v2) does not match the expected API version (test.dev/v1)',
  },
  post(
    'another namespace',
    { metadata: { name: 'x', namespace: 'kube-system' } },
    400,
    'the namespace of the provided object does not match the namespace sent on the request',
  ),
  post(
    'a finalizer without a domain',
    { metadata: { name: 'x', finalizers: ['bad'] } },
    422,
    'ConfigMap "x" is invalid: metadata.finalizers[0]: Invalid value: "bad": name is neither a standard finalizer name nor is it fully qualified',
  ),
  post(
    'a key that is none',
    { metadata: { name: 'x' }, data: { 'a b': '1' } },
    422,
    `ConfigMap "x" is invalid: data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters`,
  ),
  {
    what: 'a status of the wrong type',
    method: 'PATCH',
    path: `${health}/status`,
    body: { status: { height: 'x' } },
    contentType: MERGE,
    code: 422,
    message: `${INVALID}[status.height: Invalid value: "string": `,
  },
  {
    what: 'the deletion of another object by its uid',
    method: 'DELETE',
    path: health,
    body: { preconditions: { uid: 'other' } },
    code: 409,
    message:
      'Operation cannot be fulfilled on Network.test.dev "health": the UID in the precondition (other) does not match the UID in record (',
  },
  {
    what: 'the deletion of another version',
    method: 'DELETE',
    path: health,
    body: { preconditions: { resourceVersion: '1' } },
    code: 409,
    message:
      'Operation cannot be fulfilled on Network.test.dev "health": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (',
  },
  {
    what: 'a deletion with a propagation that is none',
    method: 'DELETE',
    path: health,
    body: { propagationPolicy: 'Odd' },
    code: 422,
    message:
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Odd": supported values: "Foreground", "Background", "Orphan", "nil"',
  },
];

const READS: readonly Refused[] = [
  { what: 'a list of no version', method: 'GET', path: `${configMaps}?resourceVersion=x`, code: 400 },
  { what: 'a page of no length', method: 'GET', path: `${configMaps}?limit=x`, code: 400 },
  {
    what: 'a selector that is none',
    method: 'GET',
    path: `${configMaps}?labelSelector=a%20b`,
    code: 400,
    message: 'unable to parse requirement: found ',
  },
  {
    what: 'a resource nobody serves',
    method: 'GET',
    path: '/apis/test.dev/v1/namespaces/default/nothing',
    code: 404,
    differs: 'unknownResource',
  },
  {
    what: 'a group nobody serves',
    method: 'GET',
    path: '/apis/none.dev/v1/namespaces/default/nothing',
    code: 404,
    differs: 'unknownResource',
  },
];

/** What is refused, with which code and in which words. Expects the sample definition. */
export function describeRefusals(server: () => ConformanceServer): void {
  describe('refusals', () => {
    test.each([...SCHEMA, ...WRITES, ...READS].map((refused) => [refused.what, refused] as const))('%s', async (_what, refused) => {
      await server().call('POST', networks, { body: aNetwork() });
      const { body, contentType } = refused;
      const options = { ...(body === undefined ? {} : { body }), ...(contentType === undefined ? {} : { contentType }) };
      const answer = await server().call(refused.method, refused.path, options);
      const message = String(answer.body['message'] ?? answer.body['text']);
      const expected = refused.differs === undefined ? (refused.message ?? '') : said(server(), refused.differs);
      expect({ code: answer.code, message: message.slice(0, expected.length) }).toEqual({ code: refused.code, message: expected });
    });
  });
}

import { isObject, type Json, type JsonObject, setOwn } from './json.ts';
import { badRequest, unsupportedMediaType } from './status-error.ts';

/**
 * The requests kubectl sends as protobuf whatever a server says it takes: `auth can-i`, `create token`, `drain`, `create <kind>`.
 * Answers are JSON, which the same clients accept. Field numbers are those of k8s.io/api's generated.proto.
 */
interface Field {
  readonly name: string;
  readonly type: 'string' | 'strings' | 'int' | 'bool' | 'textMap' | 'bytesMap' | 'quantityMap' | Message;
  readonly isList?: true;
}
interface Message {
  readonly [number: number]: Field;
}

function text(name: string): Field {
  return { name, type: 'string' };
}

const metadata: Message = {
  1: text('name'),
  2: text('generateName'),
  3: text('namespace'),
  11: { name: 'labels', type: 'textMap' },
  12: { name: 'annotations', type: 'textMap' },
};
const resourceAttributes: Message = {
  1: text('namespace'),
  2: text('verb'),
  3: text('group'),
  4: text('version'),
  5: text('resource'),
  6: text('subresource'),
  7: text('name'),
};
const nonResourceAttributes: Message = { 1: text('path'), 2: text('verb') };
const accessSpec: Message = {
  1: { name: 'resourceAttributes', type: resourceAttributes },
  2: { name: 'nonResourceAttributes', type: nonResourceAttributes },
};
const deleteOptions: Message = {
  1: { name: 'gracePeriodSeconds', type: 'int' },
  2: { name: 'preconditions', type: { 1: text('uid'), 2: text('resourceVersion') } },
  3: { name: 'orphanDependents', type: 'bool' },
  4: text('propagationPolicy'),
};
const withMetadata = (second: Field, rest: Message = {}): Message => ({ ...rest, 1: { name: 'metadata', type: metadata }, 2: second });
const policyRule: Message = {
  1: { name: 'verbs', type: 'strings' },
  2: { name: 'apiGroups', type: 'strings' },
  3: { name: 'resources', type: 'strings' },
  4: { name: 'resourceNames', type: 'strings' },
  5: { name: 'nonResourceURLs', type: 'strings' },
};
const binding: Message = withMetadata(
  { name: 'subjects', isList: true, type: { 1: text('kind'), 2: text('apiGroup'), 3: text('name'), 4: text('namespace') } },
  { 3: { name: 'roleRef', type: { 1: text('apiGroup'), 2: text('kind'), 3: text('name') } } },
);
const labelSelector: Message = {
  1: { name: 'matchLabels', type: 'textMap' },
  2: { name: 'matchExpressions', isList: true, type: { 1: text('key'), 2: text('operator'), 3: { name: 'values', type: 'strings' } } },
};
/** IntOrString: type 0 is the integer, 1 the text. */
const intOrString: Message = { 1: { name: 'type', type: 'int' }, 2: { name: 'int', type: 'int' }, 3: text('text') };

const messages: Readonly<Record<string, Message>> = {
  SelfSubjectAccessReview: withMetadata({ name: 'spec', type: accessSpec }),
  SubjectAccessReview: withMetadata({
    name: 'spec',
    type: { ...accessSpec, 3: text('user'), 4: { name: 'groups', type: 'strings' }, 6: text('uid') },
  }),
  SelfSubjectRulesReview: withMetadata({ name: 'spec', type: { 1: text('namespace') } }),
  SelfSubjectReview: { 1: { name: 'metadata', type: metadata } },
  TokenRequest: withMetadata({
    name: 'spec',
    type: { 1: { name: 'audiences', type: 'strings' }, 4: { name: 'expirationSeconds', type: 'int' } },
  }),
  Eviction: withMetadata({ name: 'deleteOptions', type: deleteOptions }),
  DeleteOptions: deleteOptions,
  Namespace: { 1: { name: 'metadata', type: metadata } },
  ServiceAccount: { 1: { name: 'metadata', type: metadata } },
  ConfigMap: withMetadata(
    { name: 'data', type: 'textMap' },
    { 3: { name: 'binaryData', type: 'bytesMap' }, 4: { name: 'immutable', type: 'bool' } },
  ),
  Secret: withMetadata(
    { name: 'data', type: 'bytesMap' },
    { 3: text('type'), 4: { name: 'stringData', type: 'textMap' }, 5: { name: 'immutable', type: 'bool' } },
  ),
  ResourceQuota: withMetadata({ name: 'spec', type: { 1: { name: 'hard', type: 'quantityMap' }, 2: { name: 'scopes', type: 'strings' } } }),
  Role: withMetadata({ name: 'rules', type: policyRule, isList: true }),
  ClusterRole: withMetadata({ name: 'rules', type: policyRule, isList: true }),
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  PodDisruptionBudget: withMetadata({
    name: 'spec',
    type: {
      1: { name: 'minAvailable', type: intOrString },
      2: { name: 'selector', type: labelSelector },
      3: { name: 'maxUnavailable', type: intOrString },
    },
  }),
  Service: withMetadata({
    name: 'spec',
    type: {
      1: {
        name: 'ports',
        isList: true,
        type: {
          1: text('name'),
          2: text('protocol'),
          3: { name: 'port', type: 'int' },
          4: { name: 'targetPort', type: intOrString },
          5: { name: 'nodePort', type: 'int' },
        },
      },
      2: { name: 'selector', type: 'textMap' },
      3: text('clusterIP'),
      4: text('type'),
      10: text('externalName'),
    },
  }),
};

const magic = Buffer.from('k8s\0');

/** Decodes Kubernetes' protobuf envelope. @throws StatusError 415 for a kind that is not one of the few, 400 for bytes that are none. */
export function decodeProtobuf(bytes: Buffer): Json {
  if (!bytes.subarray(0, 4).equals(magic)) throw badRequest('the body does not start as Kubernetes protobuf does');
  const envelope = fieldsOf(bytes.subarray(4));
  const typeMeta = fieldsOf(bytesIn(envelope, 1));
  const apiVersion = bytesIn(typeMeta, 1).toString('utf8');
  const kind = bytesIn(typeMeta, 2).toString('utf8');
  const message = Object.hasOwn(messages, kind) ? messages[kind] : undefined;
  if (message === undefined) throw unsupportedMediaType(`this server reads ${kind} as JSON or YAML, not as protobuf`);
  return { apiVersion, kind, ...decode(bytesIn(envelope, 2), message) };
}

interface WireField {
  readonly number: number;
  readonly value: bigint | Buffer;
}

function bytesIn(fields: readonly WireField[], number: number): Buffer {
  const value = fields.find((field) => field.number === number)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function fieldsOf(bytes: Buffer): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw badRequest('the protobuf ends in the middle of a number');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw badRequest('the protobuf has a number longer than 10 bytes');
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    if (wire === 0) fields.push({ number: tag >>> 3, value: varint() });
    else if (wire === 2) {
      const length = Number(varint());
      if (at + length > bytes.length) throw badRequest('the protobuf ends in the middle of a field');
      fields.push({ number: tag >>> 3, value: bytes.subarray(at, at + length) });
      at += length;
    } else throw badRequest(`the protobuf has a field of wire type ${wire}, which none of these messages has`);
  }
  return fields;
}

function decode(bytes: Buffer, message: Message): JsonObject {
  const object: JsonObject = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const field = message[number];
    if (field === undefined) continue;
    if (!Buffer.isBuffer(value)) object[field.name] = field.type === 'bool' ? value === 1n : Number(BigInt.asIntN(64, value));
    else if (field.type === 'strings') object[field.name] = [...listIn(object, field.name), value.toString('utf8')];
    else if (field.type === 'textMap' || field.type === 'bytesMap' || field.type === 'quantityMap') addEntry(object, field, value);
    else if (typeof field.type === 'object') {
      const decoded = field.type === intOrString ? intOrStringOf(decode(value, intOrString)) : decode(value, field.type);
      object[field.name] = field.isList === true ? [...listIn(object, field.name), decoded] : decoded;
    } else if (value.length > 0) object[field.name] = value.toString('utf8');
  }
  return object;
}

function intOrStringOf(decoded: JsonObject): Json {
  return decoded['type'] === 1 ? (decoded['text'] ?? '') : (decoded['int'] ?? 0);
}

function addEntry(object: JsonObject, field: Field, bytes: Buffer): void {
  const entry = fieldsOf(bytes);
  const value = bytesIn(entry, 2);
  const shown =
    field.type === 'quantityMap'
      ? bytesIn(fieldsOf(value), 1).toString('utf8')
      : value.toString(field.type === 'bytesMap' ? 'base64' : 'utf8');
  const known = object[field.name];
  const map: JsonObject = isObject(known) ? known : {};
  setOwn(map, bytesIn(entry, 1).toString('utf8'), shown);
  object[field.name] = map;
}

function listIn(object: JsonObject, name: string): Json[] {
  const list = object[name];
  return Array.isArray(list) ? list : [];
}

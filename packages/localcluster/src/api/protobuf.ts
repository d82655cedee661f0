import type { Json, JsonObject } from './json.ts';
import { badRequest, unsupportedMediaType } from './status-error.ts';

/**
 * The few requests kubectl sends as protobuf whatever a server says it takes (`auth can-i`, `auth whoami`, `create token`, `drain`).
 * Answers are JSON, which the same clients accept. Field numbers are those of k8s.io/api's generated.proto.
 */
interface Field {
  readonly name: string;
  readonly type: 'string' | 'strings' | 'int' | 'bool' | Message;
}
interface Message {
  readonly [number: number]: Field;
}

function text(name: string): Field {
  return { name, type: 'string' };
}

const metadata: Message = { 1: text('name'), 2: text('generateName'), 3: text('namespace') };
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
const withMetadata = (second: Field): Message => ({ 1: { name: 'metadata', type: metadata }, 2: second });

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
    else if (typeof field.type === 'object') object[field.name] = decode(value, field.type);
    else if (value.length > 0) object[field.name] = value.toString('utf8');
  }
  return object;
}

function listIn(object: JsonObject, name: string): Json[] {
  const list = object[name];
  return Array.isArray(list) ? list : [];
}

import type { Json, JsonObject } from './json.ts';

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

export interface StatusFacts {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: JsonObject;
}

/** A refusal on its way to the client as `metav1.Status`; anything else that is thrown is a fault and answers 500 without its text. */
export class StatusError extends Error {
  readonly facts: StatusFacts;
  constructor(facts: StatusFacts) {
    super(facts.message);
    this.name = 'StatusError';
    this.facts = facts;
  }
}

/** The refusal as JSON, as clients parse it. */
export function statusOf(facts: StatusFacts): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: facts.message,
    reason: facts.reason,
    ...(facts.details === undefined ? {} : { details: facts.details }),
    code: facts.code,
  };
}

export interface ObjectName {
  readonly group: string;
  readonly plural: string;
  readonly kind?: string;
  readonly name: string;
}

function detailsOf(of: ObjectName, causes?: readonly StatusCause[]): JsonObject {
  return {
    ...(of.name === '' ? {} : { name: of.name }),
    ...(of.group === '' ? {} : { group: of.group }),
    kind: of.kind ?? of.plural,
    ...(causes === undefined ? {} : { causes: causes.map((cause): Json => ({ ...cause })) }),
  };
}

function qualified(of: ObjectName): string {
  return of.group === '' ? of.plural : `${of.plural}.${of.group}`;
}

export function notFound(of: ObjectName): StatusError {
  return new StatusError({ code: 404, reason: 'NotFound', message: `${qualified(of)} "${of.name}" not found`, details: detailsOf(of) });
}

export function pathNotFound(): StatusError {
  return new StatusError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });
}

export function alreadyExists(of: ObjectName): StatusError {
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: `${qualified(of)} "${of.name}" already exists`,
    details: detailsOf(of),
  });
}

export function conflict(of: ObjectName, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(of)} "${of.name}": ${why}`;
  return new StatusError({ code: 409, reason: 'Conflict', message, details: detailsOf(of) });
}

export const staleWrite = 'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(of: ObjectName, why: string, causes?: readonly StatusCause[]): StatusError {
  const subject = of.name === '' ? qualified(of) : `${qualified(of)} "${of.name}"`;
  return new StatusError({ code: 403, reason: 'Forbidden', message: `${subject} is forbidden: ${why}`, details: detailsOf(of, causes) });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}

export function unsupportedMediaType(message: string): StatusError {
  return new StatusError({ code: 415, reason: 'UnsupportedMediaType', message });
}

export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message });
}

export function unauthorized(): StatusError {
  return new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

export function methodNotAllowed(): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}

export function tooLarge(message: string): StatusError {
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message });
}

export function tooManyRequests(message: string, causes?: readonly StatusCause[]): StatusError {
  const details: JsonObject = causes === undefined ? { retryAfterSeconds: 1 } : { causes: causes.map((cause): Json => ({ ...cause })) };
  return new StatusError({ code: 429, reason: 'TooManyRequests', message, details });
}

/** One thing wrong with a field, in the words of the real server (`k8s.io/apimachinery/pkg/util/validation/field`). */
export interface FieldError {
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany';
  readonly field: string;
  readonly message: string;
}

function shown(value: Json | undefined): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return value === undefined ? 'null' : JSON.stringify(value);
}

export function invalidValue(field: string, value: Json | undefined, why: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${shown(value)}: ${why}` };
}

export function required(field: string, why = ''): FieldError {
  return { reason: 'FieldValueRequired', field, message: why === '' ? 'Required value' : `Required value: ${why}` };
}

export function notSupported(field: string, value: Json | undefined, allowed: readonly string[]): FieldError {
  const list = allowed.map((item) => JSON.stringify(item)).join(', ');
  return { reason: 'FieldValueNotSupported', field, message: `Unsupported value: ${shown(value)}: supported values: ${list}` };
}

export function fieldForbidden(field: string, why: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${why}` };
}

export function duplicate(field: string, value: Json | undefined): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${shown(value)}` };
}

/** 422 about how a request was asked for, not about its object. */
export function invalidOptions(
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions',
  errors: readonly FieldError[],
): StatusError {
  return invalidObject({ group: 'meta.k8s.io', plural: '', kind, name: '' }, errors);
}

/** 422 with every field error as a cause; the message joins them as the real server does. */
export function invalidObject(of: ObjectName & { kind: string }, errors: readonly FieldError[]): StatusError {
  const texts = errors.map((error) => `${error.field}: ${error.message}`);
  const joined = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const kind = of.group === '' ? of.kind : `${of.kind}.${of.group}`;
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${kind} "${of.name}" is invalid: ${joined}`,
    details: detailsOf(of, errors),
  });
}

import type { FieldError } from '@civitas/console-contract';
import { ApiError, type StatusCause } from '@civitas/kube';
import type { FastifyError, FastifySchemaValidationError } from 'fastify';
import { ProblemError } from './problem-error.ts';

/** What a schema's keyword means for the person who filled the field in. */
const KEYWORD_CODES: Readonly<Record<string, FieldError['code']>> = {
  required: 'required',
  additionalProperties: 'unknown',
  type: 'type',
  pattern: 'format',
  format: 'format',
  minLength: 'tooShort',
  minItems: 'tooShort',
  maxLength: 'tooLong',
  maxItems: 'tooLong',
  minimum: 'range',
  maximum: 'range',
  enum: 'notOneOf',
  uniqueItems: 'taken',
};

function fieldErrorOf({ keyword, instancePath, params, message }: FastifySchemaValidationError): FieldError {
  const missing = params['missingProperty'] ?? params['additionalProperty'];
  const path = [...instancePath.split('/').filter((part) => part !== ''), ...(typeof missing === 'string' ? [missing] : [])];
  return { field: path.join('.'), code: KEYWORD_CODES[keyword] ?? 'rule', detail: message ?? keyword };
}

function ofValidation(error: FastifyError): ProblemError {
  const errors = (error.validation ?? []).map(fieldErrorOf);
  const where = error.validationContext ?? 'request';
  return new ProblemError(
    where === 'body' ? 'INVALID' : 'MALFORMED',
    `${where}: ${errors.map(({ field, detail }) => `${field} ${detail}`).join('; ')}`,
    { errors },
  );
}

const CAUSE_CODES: Readonly<Record<string, FieldError['code']>> = {
  FieldValueRequired: 'required',
  FieldValueTypeInvalid: 'type',
  FieldValueNotSupported: 'notOneOf',
  FieldValueTooLong: 'tooLong',
  FieldValueTooMany: 'tooLong',
  FieldValueDuplicate: 'taken',
};

/** The server repeats the value before the sentence that the rule carries. */
const REPEATED_VALUE = /^Invalid value: (?:"(?:[^"\\]|\\.)*"|null|true|false|-?[\d.]+|\{.*\}|\[.*\]): /s;

/** A cause of the API server's refusal as an error of a field; `fieldOf` turns paths of the object into fields of the form. */
export function fieldErrorsOf(causes: readonly StatusCause[], fieldOf: (path: string) => string): readonly FieldError[] {
  return causes.map(({ reason, message, field }) => ({
    field: fieldOf(field ?? ''),
    code: CAUSE_CODES[reason ?? ''] ?? 'rule',
    detail: (message ?? '').replace(REPEATED_VALUE, '').slice(0, 1024),
  }));
}

function ofApiError(error: ApiError): ProblemError {
  const made = (code: ConstructorParameters<typeof ProblemError>[0]): ProblemError =>
    new ProblemError(code, error.message, { reason: error.reason, cause: error });
  switch (error.reason) {
    case 'NotFound':
      return made('NOT_FOUND');
    case 'AlreadyExists':
      return made('ALREADY_EXISTS');
    case 'Conflict':
      return made('CONFLICT');
    case 'Invalid':
      return new ProblemError('INVALID', error.message, {
        reason: error.reason,
        errors: fieldErrorsOf(error.causes, (path) => path),
        cause: error,
      });
    case 'Forbidden':
      return made('FORBIDDEN');
    case 'TooManyRequests':
      return made('RATE_LIMITED');
    default:
      return error.status >= 500 || error.status === 0 || error.status === 401 ? made('CLUSTER_UNREACHABLE') : made('MALFORMED');
  }
}

function ofFastify(error: FastifyError): ProblemError {
  switch (error.statusCode) {
    case 413:
      return new ProblemError('BODY_TOO_LARGE', 'the body is larger than this address takes');
    case 415:
      return new ProblemError('MEDIA_TYPE_UNSUPPORTED', 'the body has to be application/json');
    default:
      return new ProblemError('MALFORMED', error.message);
  }
}

/** The refusal an error stands for; undefined for a fault or a bug of ours, which the log tells and the answer does not. */
export function problemOfError(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (error instanceof ApiError) return ofApiError(error);
  if (!(error instanceof Error)) return undefined;
  const known: Partial<FastifyError> = error;
  if (known.validation !== undefined) return ofValidation(error as FastifyError);
  const isClientError = typeof known.statusCode === 'number' && known.statusCode >= 400 && known.statusCode < 500;
  return isClientError ? ofFastify(error as FastifyError) : undefined;
}

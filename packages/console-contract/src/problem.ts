import { type Static, Type } from '@sinclair/typebox';
import { closed, oneOf, text } from './shape.ts';

/**
 * Why a request was refused, by code: the HTTP status and what it means. The web has a sentence for each code in each language; codes are
 * never reused.
 */
export const PROBLEMS = {
  TOKEN_MISSING: { status: 401, title: 'No access token came with the request.' },
  TOKEN_REFUSED: { status: 401, title: 'The access token is not one that this console takes, or has ended.' },
  STEP_UP_NEEDED: { status: 401, title: 'This needs a fresh sign-in with a second factor.' },
  FORBIDDEN: { status: 403, title: 'Your roles do not allow this.' },
  ORIGIN_REFUSED: { status: 403, title: 'The request comes from a page of another origin.' },
  NOT_FOUND: { status: 404, title: 'There is no such thing, or your roles do not show it.' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not take that method.' },
  ALREADY_EXISTS: { status: 409, title: 'There is one of that name already.' },
  CONFLICT: { status: 409, title: 'Somebody changed it in the meantime: read it again.' },
  IDEMPOTENCY_REUSED: { status: 409, title: 'That idempotency key came with another request before.' },
  PRECONDITION_FAILED: { status: 412, title: 'It is no longer what If-Match names: read it again.' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is larger than this address takes.' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'The body has to be JSON.' },
  INVALID: { status: 422, title: 'Some fields cannot be taken as they are.' },
  MALFORMED: { status: 400, title: 'The request is not one that this address takes.' },
  PRECONDITION_MISSING: { status: 428, title: 'This needs If-Match with the version that you have seen.' },
  RATE_LIMITED: { status: 429, title: 'Too many requests: wait a moment.' },
  APPROVERS_TOO_FEW: { status: 409, title: 'Fewer persons would approve for the agency than its approval policy asks for.' },
  LEDGER_REFUSED: { status: 409, title: 'The ledger refused the operation.' },
  INTERNAL: { status: 500, title: 'The console failed; its log says why.' },
  LEDGER_UNREACHABLE: { status: 503, title: 'No gateway of that ledger answers now.' },
  CLUSTER_UNREACHABLE: { status: 503, title: 'The Kubernetes API does not answer now.' },
  DIRECTORY_UNREACHABLE: { status: 503, title: 'The identity provider does not answer now.' },
  AUDIT_UNAVAILABLE: { status: 503, title: 'Nothing may be changed now: the audit log cannot be written.' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

/** Codes of a field's error: i18n keys of the web. */
export const FIELD_CODES = ['required', 'unknown', 'type', 'format', 'tooShort', 'tooLong', 'range', 'notOneOf', 'taken', 'rule'] as const;

export const FieldError = closed({
  field: text('Path of the field in the request, such as `validators`; empty for the whole.', 256),
  code: oneOf(FIELD_CODES, 'What is wrong with it.'),
  detail: text('The same for people, in English.'),
});

/** RFC 9457. */
export const Problem = closed(
  {
    type: text('`urn:civitas:problem:<CODE>`.', 128),
    title: text('What the code means.', 256),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: oneOf(PROBLEM_CODES, 'Code of the problem.'),
    detail: text('What was got and what was expected.', 4096),
    reason: Type.Optional(text('Code within the code: of the policy, or of the ledger’s refusal.', 128)),
    errors: Type.Optional(Type.Array(FieldError)),
  },
  { $id: 'Problem' },
);

export type FieldError = Static<typeof FieldError>;
export type Problem = Static<typeof Problem>;

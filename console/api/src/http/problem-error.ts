import { type FieldError, PROBLEMS, type Problem, type ProblemCode } from '@civitas/console-contract';

/** A request that is refused: what the answer says. Nothing in it is secret. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly reason: string | undefined;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { reason?: string; errors?: readonly FieldError[]; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.reason = more.reason;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }
}

/** RFC 9457 document of a problem. */
export function problemOf({ code, message, reason, errors }: Pick<ProblemError, 'code' | 'message' | 'reason' | 'errors'>): Problem {
  const { status, title } = PROBLEMS[code];
  return {
    type: `urn:civitas:problem:${code}`,
    title,
    status,
    code,
    detail: message.slice(0, 4096),
    ...(reason === undefined ? {} : { reason: reason.slice(0, 128) }),
    ...(errors.length === 0
      ? {}
      : { errors: errors.map((error) => ({ ...error, field: error.field.slice(0, 256), detail: error.detail.slice(0, 1024) })) }),
  };
}

/** A field of a form that the server refuses. */
export interface FieldProblem {
  readonly field: string;
  readonly code: string;
  readonly detail: string;
}

/** What the API answers instead of what was asked for (RFC 9457); `code` is a key of the console's words. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly FieldProblem[];

  constructor(status: number, code: string, detail: string, errors: readonly FieldProblem[]) {
    super(`${status} ${code}: ${detail}`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = errors;
  }
}

/** The console's server was not reached. */
export class Disconnected extends Error {
  constructor(cause: unknown) {
    super('the console server is out of reach', { cause });
    this.name = 'Disconnected';
  }
}

/** The session is over: sign in again. */
export class SessionEnded extends Error {
  constructor() {
    super('the session is over');
    this.name = 'SessionEnded';
  }
}

/** What is asked for needs a fresh second factor (RFC 9470). */
export class StepUpNeeded extends Error {
  constructor() {
    super('a second factor is needed');
    this.name = 'StepUpNeeded';
  }
}

const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

/** An answer's body as a problem, whatever it holds. */
export function problemOf(status: number, body: unknown): ApiProblem {
  const fields = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const listed: readonly unknown[] = Array.isArray(fields['errors']) ? fields['errors'] : [];
  const errors = listed.flatMap((entry): FieldProblem[] => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { field, code, detail } = entry as Readonly<Record<string, unknown>>;
    return [{ field: text(field, ''), code: text(code, ''), detail: text(detail, '') }];
  });
  return new ApiProblem(status, text(fields['code'], `HTTP_${status}`), text(fields['detail'], ''), errors);
}

/** Whether a 401 asks for a second factor instead of a sign-in. */
export function asksForStepUp(status: number, authenticate: string | null): boolean {
  return status === 401 && authenticate !== null && /error="insufficient_user_authentication"/.test(authenticate);
}

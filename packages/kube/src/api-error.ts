/** A request the API server refused, or one that never got an answer. */

/** Reason texts of metav1.Status that callers branch on; others pass as they are. */
export type StatusReason =
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Invalid'
  | 'Forbidden'
  | 'Unauthorized'
  | 'Expired'
  | 'Gone'
  | 'TooManyRequests'
  | 'Timeout'
  | 'ServerTimeout'
  | 'ServiceUnavailable'
  | 'InternalError'
  | 'BadRequest'
  | 'ConnectionFailed'
  | (string & {});

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/**
 * Fault of one API call.
 *
 * `status` is the HTTP status, 0 when no answer came. `reason` is metav1.Status' reason. `retryAfterMs` is what the server
 * asked for, if it did. `causes` name the fields of a validation error or the owners of a server-side-apply conflict.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: StatusReason;
  readonly retryAfterMs: number | undefined;
  readonly causes: readonly StatusCause[];

  constructor(facts: {
    status: number;
    reason: StatusReason;
    message: string;
    retryAfterMs?: number | undefined;
    causes?: readonly StatusCause[];
    cause?: unknown;
  }) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'ApiError';
    this.status = facts.status;
    this.reason = facts.reason;
    this.retryAfterMs = facts.retryAfterMs;
    this.causes = facts.causes ?? [];
  }
}

/** True for an ApiError of this reason; 410 counts as Expired whichever of its two names the server gave. */
export function isApiError(error: unknown, reason?: StatusReason): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  if (reason === undefined) return true;
  if (reason === 'Expired') return error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone';
  return error.reason === reason;
}

const reasonByStatus: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

interface StatusBody {
  readonly kind?: unknown;
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly causes?: readonly StatusCause[]; readonly retryAfterSeconds?: number };
}

/** The error a metav1.Status body (or whatever a proxy sent in its place) stands for. `retryAfter` is the header, in seconds. */
export function apiErrorOf(httpStatus: number, body: string, retryAfter?: string): ApiError {
  const status = statusOf(body);
  const code = typeof status?.code === 'number' && status.code > 0 ? status.code : httpStatus;
  const seconds = retryAfter === undefined ? status?.details?.retryAfterSeconds : Number(retryAfter);
  return new ApiError({
    status: code,
    reason: typeof status?.reason === 'string' && status.reason !== '' ? status.reason : (reasonByStatus[code] ?? 'Unknown'),
    message: typeof status?.message === 'string' ? status.message : `API server answered ${httpStatus}: ${body.slice(0, 200)}`,
    retryAfterMs: seconds !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
    causes: status?.details?.causes ?? [],
  });
}

function statusOf(body: string): StatusBody | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

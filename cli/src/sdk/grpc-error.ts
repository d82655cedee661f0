import { type Bytes, base64urlEncode, isJsonObject, type Json, type JsonObject, type Refusal } from '@civitas/canon';
import { findErrorInfo } from '@civitas/node-call';
import type { ErrorInfo } from '@civitas/proto/civitas/node/v1/ledger';
import { type ServiceError, status } from '@grpc/grpc-js';
import { Fault, Refused } from '../fault.ts';

const THENS: readonly string[] = ['drop', 'retry', 'sync', 'report'] satisfies readonly Refusal['then'][];

/** A node's typed refusal, and the pause it asks for. */
export interface RemoteRefusal {
  readonly refusal: Refusal;
  readonly retryAfterMs: number;
}

function factsOf(text: string): JsonObject {
  try {
    const facts: Json = JSON.parse(text === '' ? '{}' : text);
    return isJsonObject(facts) ? facts : {};
  } catch {
    return {};
  }
}

/** The refusal an ErrorInfo carries; an unknown `then` reads as `drop`. */
export function refusalOfErrorInfo(info: ErrorInfo): RemoteRefusal {
  const then = THENS.includes(info.then) ? (info.then as Refusal['then']) : 'drop';
  return { refusal: { code: info.code, facts: factsOf(info.factsJson), then }, retryAfterMs: info.retryAfterMs };
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'metadata' in error;
}

/** The refusal in a call's trailer; undefined when the call failed without one. */
export function findRefusal(error: ServiceError): RemoteRefusal | undefined {
  const info = findErrorInfo(error);
  return info === undefined ? undefined : refusalOfErrorInfo(info);
}

// A certificate that does not fit will not fit in a second either.
const TLS_MISMATCH = /certificate|expected a node of/i;

/** True where the same call may succeed on another connection: the node restarts, the stream was cut. */
export function isTransient(error: ServiceError): boolean {
  const transient: readonly number[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.ABORTED, status.CANCELLED];
  if (transient.includes(error.code)) return !TLS_MISMATCH.test(error.details);
  // HTTP/2 stream resets of a dying process reach us as INTERNAL.
  return error.code === status.INTERNAL && /RST_STREAM|ECONNRESET|session/i.test(error.details);
}

// Every other refusal is said before an operation is handed on to be ordered.
const CODES_OF_UNKNOWN_FATE: readonly string[] = ['FAULT', 'DEADLINE'];
// As gRPC says it of a call that never left.
const NEVER_LEFT = /^No connection established|^Name resolution failed/;

/** Whether a submit that ended so may have its effect nonetheless, now or later. */
export function leavesFateUnknown(error: ServiceError): boolean {
  const refused = findRefusal(error);
  if (refused !== undefined) return CODES_OF_UNKNOWN_FATE.includes(refused.refusal.code);
  return isTransient(error) && !NEVER_LEFT.test(error.details);
}

/**
 * What a submit ends with that left once and was not answered, where no later try brought an answer either: a refusal of the last try
 * says nothing about the first.
 */
export function fateUnknown(request: string, hash: Bytes, last: unknown): Fault {
  const operation = base64urlEncode(hash);
  const why = last instanceof Error ? last.message : String(last);
  const facts = { operation, ...(last instanceof Refused ? { code: last.refusal.code } : {}) };
  return new Fault('FATE_UNKNOWN', `${request}: operation ${operation} was sent, and nothing says what became of it (${why})`, {
    facts,
    cause: last,
  });
}

/** A call that failed without a typed refusal, as a fault that names network and call. */
export function faultOf(request: string, error: ServiceError): Fault {
  const name = status[error.code] ?? String(error.code);
  return new Fault('CALL_FAILED', `${request} failed: ${name} ${error.details}`, { facts: { request, status: name }, cause: error });
}

import { isJsonObject, type Json, type JsonObject, type Refusal } from '@civitas/canon';
import { findErrorInfo } from '@civitas/node-call';
import type { ErrorInfo } from '@civitas/proto/civitas/node/v1/ledger';
import { type ServiceError, status } from '@grpc/grpc-js';
import { Fault } from '../fault.ts';

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

/** A call that failed without a typed refusal, as a fault that names network and call. */
export function faultOf(request: string, error: ServiceError): Fault {
  const name = status[error.code] ?? String(error.code);
  return new Fault('CALL_FAILED', `${request} failed: ${name} ${error.details}`, { facts: { request, status: name }, cause: error });
}

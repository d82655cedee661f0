import type { ProblemCode } from '@civitas/console-contract';
import { callUnary, findErrorInfo, type Unary } from '@civitas/node-call';
import { type ServiceError, status } from '@grpc/grpc-js';
import { ProblemError } from '../http/problem-error.ts';
import { CALL_MS } from './limits.ts';

/** Refusals of a ledger that have a problem of their own; every other one is LEDGER_REFUSED. */
const CODES: Readonly<Record<string, ProblemCode>> = {
  NOT_FOUND: 'NOT_FOUND',
  PRUNED: 'NOT_FOUND',
  MALFORMED: 'MALFORMED',
  RATE_LIMITED: 'RATE_LIMITED',
  STEP_UP_NEEDED: 'STEP_UP_NEEDED',
  PERSON_NOT_ALLOWED: 'FORBIDDEN',
  AWAITING_GENESIS: 'LEDGER_UNREACHABLE',
  FAULT: 'LEDGER_UNREACHABLE',
  DEADLINE: 'LEDGER_UNREACHABLE',
  IDENTITY_UNREACHABLE: 'DIRECTORY_UNREACHABLE',
};

/**
 * One unary call as a promise.
 *
 * @throws ProblemError by the node's refusal, with its code as the reason; LEDGER_UNREACHABLE when none answers.
 */
export async function callLedger<Request, Response>(
  method: Unary<Request, Response>,
  request: Request,
  deadlineMs = CALL_MS,
): Promise<Response> {
  try {
    return await callUnary(method, request, { deadlineMs });
  } catch (error) {
    throw problemOfCall(error as ServiceError);
  }
}

/** What a gRPC error says to whoever asked the console. */
export function problemOfCall(error: ServiceError): ProblemError {
  const info = findErrorInfo(error);
  if (info !== undefined) {
    const { code, factsJson } = info;
    return new ProblemError(CODES[code] ?? 'LEDGER_REFUSED', `the ledger: ${code} ${factsJson}`, { reason: code, cause: error });
  }
  const reason = status[error.code] ?? String(error.code);
  return new ProblemError('LEDGER_UNREACHABLE', `no gateway answers: ${reason}`, { reason, cause: error });
}

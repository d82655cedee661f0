import type { ProblemCode } from '@civitas/console-contract';
import { ErrorInfo } from '@civitas/proto/civitas/node/v1/ledger';
import { type CallOptions, type ClientUnaryCall, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { ProblemError } from '../http/problem-error.ts';
import { CALL_MS } from './limits.ts';

type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

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
export function callLedger<Request, Response>(method: Unary<Request, Response>, request: Request, deadlineMs = CALL_MS): Promise<Response> {
  return new Promise((resolve, reject) => {
    method(request, new Metadata(), { deadline: Date.now() + deadlineMs }, (error, response) => {
      if (error === null) resolve(response);
      else reject(problemOfCall(error));
    });
  });
}

/** What a gRPC error says to whoever asked the console. */
export function problemOfCall(error: ServiceError): ProblemError {
  const [info] = error.metadata?.get('civitas-error-bin') ?? [];
  if (Buffer.isBuffer(info)) {
    const { code, factsJson } = ErrorInfo.decode(info);
    return new ProblemError(CODES[code] ?? 'LEDGER_REFUSED', `the ledger: ${code} ${factsJson}`, { reason: code, cause: error });
  }
  const reason = status[error.code] ?? String(error.code);
  return new ProblemError('LEDGER_UNREACHABLE', `no gateway answers: ${reason}`, { reason, cause: error });
}

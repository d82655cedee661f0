import { callUnary, type Unary } from '@civitas/node-call';
import { CALL_TIMEOUT_MS } from './limits.ts';

/** One unary call as a promise, with our deadline and the caller's signal. */
export function unary<Request, Answer>(method: Unary<Request, Answer>, request: Request, signal?: AbortSignal): Promise<Answer> {
  return callUnary(method, request, { deadlineMs: CALL_TIMEOUT_MS, signal });
}

import { type CallOptions, type ClientUnaryCall, Metadata, type ServiceError } from '@grpc/grpc-js';

/** A generated client's unary method, bound to its client. */
export type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

export interface UnaryOptions {
  /** From now on; a call that lasts longer fails with DEADLINE_EXCEEDED. */
  readonly deadlineMs: number;
  /** Cancels the call; what it rejects with is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One unary call as a promise.
 *
 * @throws ServiceError as the library gives it, the signal's reason when that ended the call.
 */
export function callUnary<Request, Response>(
  method: Unary<Request, Response>,
  request: Request,
  { deadlineMs, signal }: UnaryOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const call = method(request, new Metadata(), { deadline: Date.now() + deadlineMs }, (error, response) => {
      signal?.removeEventListener('abort', cancel);
      if (error === null) resolve(response);
      else reject(signal?.aborted === true ? signal.reason : error);
    });
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
  });
}

import type { CallOptions, ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js';
import { Metadata as EmptyMetadata } from '@grpc/grpc-js';
import { CALL_TIMEOUT_MS } from './limits.ts';

type UnaryMethod<Request, Answer> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, answer: Answer) => void,
) => ClientUnaryCall;

/** One unary call as a promise, with a deadline and the caller's signal. */
export async function unary<Request, Answer>(
  method: UnaryMethod<Request, Answer>,
  request: Request,
  signal?: AbortSignal,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const options = { deadline: Date.now() + CALL_TIMEOUT_MS };
    const call = method(request, new EmptyMetadata(), options, (error, answer) => {
      signal?.removeEventListener('abort', cancel);
      if (error === null) resolve(answer);
      else reject(signal?.aborted ? signal.reason : error);
    });
    const cancel = (): void => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
  });
}

import type { ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js';

/** A generated client's unary method, bound to its client. */
export type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

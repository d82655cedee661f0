import { ErrorInfo } from '@civitas/proto/civitas/node/v1/ledger';
import type { ServiceError } from '@grpc/grpc-js';

/** Name of the trailer with the typed error. */
export const ERROR_TRAILER = 'civitas-error-bin';

/** The typed error that a node sent with a failed call; undefined when it sent none, or none that can be read. */
export function findErrorInfo(error: { readonly metadata?: ServiceError['metadata'] | undefined }): ErrorInfo | undefined {
  const [trailer] = error.metadata?.get(ERROR_TRAILER) ?? [];
  if (!Buffer.isBuffer(trailer)) return undefined;
  try {
    return ErrorInfo.decode(trailer);
  } catch {
    return undefined;
  }
}

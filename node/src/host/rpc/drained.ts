import type { ServerWritableStream } from '@grpc/grpc-js';

/** Resolves when the caller has read on, or is gone. */
export function drained(call: Pick<ServerWritableStream<unknown, unknown>, 'once'>): Promise<void> {
  return new Promise((resolve) => {
    call.once('drain', resolve);
    call.once('cancelled', resolve);
  });
}

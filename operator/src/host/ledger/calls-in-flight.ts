import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';

/** Counts the calls of the clients that are given its interceptor. */
export class CallsInFlight {
  #count = 0;

  /** How many have begun and not ended. */
  get count(): number {
    return this.#count;
  }

  readonly interceptor: Interceptor = (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        this.#count += 1;
        next(metadata, {
          onReceiveStatus: (status, tell) => {
            this.#count -= 1;
            tell(status);
          },
        });
      },
    });
}

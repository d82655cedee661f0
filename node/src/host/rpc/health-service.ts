import { type HealthCheckRequest, HealthCheckResponse_ServingStatus, type HealthServer } from '@civitas/proto/grpc/health/v1/health';
import { status } from '@grpc/grpc-js';

export interface Health {
  readonly service: HealthServer;
  /** Tells every watcher when the state has changed. */
  set(isServing: boolean): void;
}

/**
 * The standard health service over our generated code. It answers any holder of a certificate of the network's authority.
 *
 * @param services full names that may be asked about besides ''.
 */
export function openHealth(services: readonly string[]): Health {
  const known = new Set(['', ...services]);
  const watchers = new Set<() => void>();
  let isServing = false;
  const current = () => ({
    status: isServing ? HealthCheckResponse_ServingStatus.SERVING : HealthCheckResponse_ServingStatus.NOT_SERVING,
  });
  const service: HealthServer = {
    check: (call: { request: HealthCheckRequest }, callback: Parameters<HealthServer['check']>[1]) => {
      if (known.has(call.request.service)) callback(null, current());
      else callback({ code: status.NOT_FOUND, details: 'no such service' });
    },
    watch: (call: Parameters<HealthServer['watch']>[0]) => {
      if (!known.has(call.request.service)) {
        call.write({ status: HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN });
        return;
      }
      const tell = (): void => {
        call.write(current());
      };
      watchers.add(tell);
      call.on('cancelled', () => watchers.delete(tell));
      tell();
    },
  };
  return {
    service,
    set: (serving) => {
      if (serving === isServing) return;
      isServing = serving;
      for (const tell of watchers) tell();
    },
  };
}

/** What is waited for of a gRPC stream. */
interface Call {
  readonly cancelled: boolean;
  once(event: 'drain' | 'cancelled', listener: () => void): unknown;
  off(event: 'drain' | 'cancelled', listener: () => void): unknown;
}

/** Resolves with the first of these events, or when the caller is gone. A stream lives for days: nothing listens any more afterwards. */
function first(call: Call, event: 'drain' | undefined, durationMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      for (const name of ['drain', 'cancelled'] as const) call.off(name, finish);
      resolve();
    };
    const timer = durationMs === undefined ? undefined : setTimeout(finish, durationMs);
    if (event !== undefined) call.once(event, finish);
    call.once('cancelled', finish);
    if (call.cancelled) finish();
  });
}

/** Resolves when the caller has read on, or is gone. */
export const drained = (call: Call): Promise<void> => first(call, 'drain', undefined);

/** Resolves after a time, or when the caller is gone. */
export const paused = (call: Call, durationMs: number): Promise<void> => first(call, undefined, durationMs);

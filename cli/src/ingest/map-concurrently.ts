/**
 * Runs `work` on each item with at most `width` at a time, pulling from the source only as fast as work ends. The first error
 * stops the pulling and is thrown once the running ones have ended.
 */
export async function mapConcurrently<T>(
  source: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let stopped = false;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const next = await iterator.next();
      if (next.done === true) return;
      try {
        await work(next.value);
      } catch (error) {
        stopped = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: width }, lane));
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
}

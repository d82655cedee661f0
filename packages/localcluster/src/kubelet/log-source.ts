/** Serves container logs from disk, and from the running container while somebody follows. */

import type { PodLogSource } from '../cluster-port.ts';
import { type ContainerLog, logPathOf, readRecords, textOfRecord, timeOfRecord } from './container-log.ts';

/** Where the log of one container is now. */
export interface LogPlace {
  readonly folder: string;
  readonly container: string;
  /** Number of the run that counts as current. */
  readonly run: number;
  /** Open while that run lives. */
  readonly live: ContainerLog | undefined;
}

type Request = Parameters<PodLogSource['readLog']>[0];

/**
 * @param find Place of a container's log; throws an Error with a readable message when the pod or container is unknown, or
 *   has not started.
 */
export function createLogSource(find: (request: Request) => LogPlace): PodLogSource {
  return {
    readLog: (request) => readLog(find(request), request),
  };
}

async function* readLog(place: LogPlace, request: Request): AsyncGenerator<string> {
  const run = request.previous ? place.run - 1 : place.run;
  const live = request.follow && !request.previous ? place.live : undefined;
  const queue: (string | undefined)[] = [];
  let wake = (): void => {};
  // Following starts before the file is read, in one turn of the event loop: no record falls between the two.
  const unfollow = live?.follow((record) => {
    queue.push(record);
    wake();
  });
  const onAbort = (): void => wake();
  request.signal.addEventListener('abort', onAbort, { once: true });
  let bytesLeft = request.limitBytes ?? Number.POSITIVE_INFINITY;
  const shown = (record: string): string | undefined => {
    if (bytesLeft <= 0) return undefined;
    const text = request.timestamps ? `${timeOfRecord(record)} ${textOfRecord(record)}` : textOfRecord(record);
    const bytes = Buffer.byteLength(text) + 1;
    const fitting = bytes <= bytesLeft ? text : Buffer.from(text).subarray(0, bytesLeft).toString('utf8');
    bytesLeft -= bytes;
    return fitting;
  };
  try {
    for (const record of selected(readRecords(logPathOf(place.folder, place.container, run)), request)) {
      const text = shown(record);
      if (text === undefined) return;
      yield text;
    }
    if (live === undefined) return;
    while (!request.signal.aborted) {
      if (queue.length === 0 && live.closed) return;
      if (queue.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const record = queue.shift();
      const text = record === undefined ? undefined : shown(record);
      if (text === undefined) return;
      yield text;
    }
  } finally {
    unfollow?.();
    request.signal.removeEventListener('abort', onAbort);
  }
}

function selected(records: readonly string[], { sinceSeconds, tailLines }: Request): readonly string[] {
  const since = sinceSeconds === undefined ? '' : new Date(Date.now() - sinceSeconds * 1000).toISOString();
  const recent = since === '' ? records : records.filter((record) => timeOfRecord(record) >= since);
  return tailLines === undefined ? recent : tailLines === 0 ? [] : recent.slice(-tailLines);
}

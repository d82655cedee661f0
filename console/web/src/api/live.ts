import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { useApi } from './api-context.ts';
import type { ApiClient } from './client.ts';
import { type Change, changeOf, createEventParser } from './event-stream.ts';
import { SessionEnded } from './problem.ts';
import { createPacer, type StaleQuery, staleQueriesOf } from './stale-queries.ts';

/** Waits between tries to reach the stream again. */
const RETRY_FIRST_MS = 1000;
const RETRY_LONGEST_MS = 30_000;
/** A stream that lasted this long and ends in order ran out with its token, as each does: the next one is opened at once. */
const STEADY_MS = 5000;
/** The next one is there by then, or the page counts as cut off. */
const REOPEN_MS_MAX = 3000;
/** Changes come in bursts: what they touch is read again once a burst. */
const GATHER_MS = 500;

export type Connection = 'connecting' | 'live' | 'lost';

let connection: Connection = 'connecting';
const watchers = new Set<() => void>();

function setConnection(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const watcher of watchers) watcher();
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => connection,
  );
}

/** Keeps everything on screen current while the page is open. */
export function useLiveChanges(queries: QueryClient): void {
  const { client } = useApi();
  useEffect(() => {
    const stop = new AbortController();
    void followChanges(client, { stopped: stop.signal, onChange: gather(queries, stop.signal), onConnection: setConnection });
    return () => stop.abort();
  }, [client, queries]);
}

/** Reads again what changes touch; undefined means that some were missed. */
function gather(queries: QueryClient, stopped: AbortSignal): (change: Change | undefined) => void {
  const paceOf = createPacer();
  let waiting: (Change | undefined)[] = [];
  let later: readonly StaleQuery[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  const wakeAt = (atMs: number): void => {
    if (atMs >= dueMs) return;
    clearTimeout(timer);
    dueMs = atMs;
    timer = setTimeout(flush, Math.max(0, atMs - performance.now()));
  };
  const flush = (): void => {
    const changes = waiting;
    waiting = [];
    dueMs = Number.POSITIVE_INFINITY;
    if (stopped.aborted) return;
    if (changes.includes(undefined)) {
      later = [];
      void queries.invalidateQueries();
      return;
    }
    const stale = staleQueriesOf(changes.filter((change) => change !== undefined));
    const paced = paceOf([...stale, ...later], performance.now());
    later = paced.later;
    for (const queryKey of paced.now) void queries.invalidateQueries({ queryKey });
    wakeAt(paced.nextMs);
  };
  return (change) => {
    waiting.push(change);
    wakeAt(performance.now() + GATHER_MS);
  };
}

interface Following {
  readonly stopped: AbortSignal;
  /** Undefined means that some were missed. */
  readonly onChange: (change: Change | undefined) => void;
  readonly onConnection: (now: Connection) => void;
}

/** Keeps a stream of changes open until it is stopped or the session ends. */
export async function followChanges(client: ApiClient, { stopped, onChange, onConnection }: Following): Promise<void> {
  let lastId: string | undefined;
  let waitMs = RETRY_FIRST_MS;
  let late: ReturnType<typeof setTimeout> | undefined;
  const open = (): Promise<Response> => {
    const headers = { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) };
    return client.open({ method: 'GET', path: '/events', signal: stopped }, headers).finally(() => clearTimeout(late));
  };
  /** @returns whether the stream had lasted when it ended in order. */
  const followOne = async (): Promise<boolean> => {
    const response = await open();
    const openedMs = performance.now();
    onConnection('live');
    waitMs = RETRY_FIRST_MS;
    for await (const event of eventsOf(response)) {
      lastId = event.id ?? lastId;
      onChange(changeOf(event.data));
    }
    return performance.now() - openedMs >= STEADY_MS;
  };
  while (!stopped.aborted) {
    try {
      if (await followOne()) {
        // The next one goes on from the last event of this one, so what is on screen is old only if it does not come.
        late = setTimeout(() => onConnection('lost'), REOPEN_MS_MAX);
        continue;
      }
    } catch (error) {
      if (stopped.aborted || error instanceof SessionEnded) return;
    }
    onConnection('lost');
    await pause(waitMs, stopped);
    waitMs = Math.min(waitMs * 2, RETRY_LONGEST_MS);
  }
}

async function* eventsOf(response: Response) {
  if (response.body === null) return;
  const parse = createEventParser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parse(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function pause(durationMs: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, durationMs);
    stopped.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

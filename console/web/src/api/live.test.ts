import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ApiClient } from './client.ts';
import { type Connection, followChanges } from './live.ts';
import { Disconnected, SessionEnded } from './problem.ts';

const TOKEN_MS = 300_000;
const HOUR_MS = 3_600_000;

/** What becomes of one try to open a stream: how long it takes to come, how long it lasts, and how it ends. */
type Try = { readonly afterMs?: number; readonly lastsMs: number; readonly isCut?: boolean; readonly event?: string } | Error;

const timer = (durationMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, durationMs);
    signal?.addEventListener('abort', () => resolve());
  });

function aStream({ lastsMs, isCut = false, event = '' }: Exclude<Try, Error>, signal: AbortSignal | undefined): Response {
  const start = async (body: ReadableStreamDefaultController): Promise<void> => {
    if (event !== '') body.enqueue(Buffer.from(event));
    await timer(lastsMs, signal);
    if (isCut || signal?.aborted === true) body.error(new TypeError('reset'));
    else body.close();
  };
  // Not the promise itself: a stream whose start has not ended hands nothing out.
  return new Response(new ReadableStream({ start: (body) => void start(body) }));
}

/** Follows streams that go as told; the last goes on for ever. */
function follow(tries: readonly Try[]) {
  const stop = new AbortController();
  const states: Connection[] = [];
  const lastIds: (string | undefined)[] = [];
  const left = [...tries];
  const open: ApiClient['open'] = async ({ signal }, headers) => {
    lastIds.push(headers['last-event-id']);
    const next = left.shift() ?? { lastsMs: HOUR_MS };
    if (next instanceof Error) throw next;
    await timer(next.afterMs ?? 0);
    return aStream(next, signal);
  };
  const client: ApiClient = { open, send: () => Promise.reject(new Error('nothing is sent')) };
  const ended = followChanges(client, { stopped: stop.signal, onChange: () => undefined, onConnection: (now) => states.push(now) });
  return { states, lastIds, stop, ended };
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a stream that ends in order', () => {
  test('when its token runs out is followed by the next at once, which goes on from its last event', async () => {
    const { states, lastIds } = follow([{ lastsMs: TOKEN_MS, event: 'id: e0-7\ndata: {}\n\n' }, { lastsMs: TOKEN_MS }]);
    await jest.advanceTimersByTimeAsync(2 * TOKEN_MS + 100);
    expect(lastIds).toEqual([undefined, 'e0-7', 'e0-7']);
    expect(new Set(states)).toEqual(new Set(['live']));
  });

  test('counts as lost once the next one fails', async () => {
    const { states } = follow([{ lastsMs: TOKEN_MS }, new Disconnected(new Error('no answer'))]);
    await jest.advanceTimersByTimeAsync(TOKEN_MS + 100);
    expect(states).toEqual(['live', 'lost']);
    await jest.advanceTimersByTimeAsync(1000);
    expect(states).toEqual(['live', 'lost', 'live']);
  });

  test('counts as lost while the next one does not come', async () => {
    const { states } = follow([{ lastsMs: TOKEN_MS }, { afterMs: 20_000, lastsMs: TOKEN_MS }]);
    await jest.advanceTimersByTimeAsync(TOKEN_MS + 10_000);
    expect(states).toEqual(['live', 'lost']);
    await jest.advanceTimersByTimeAsync(20_000);
    expect(states).toEqual(['live', 'lost', 'live']);
  });

  test('as soon as it is open is not opened again without a pause', async () => {
    const { states, lastIds } = follow(Array.from({ length: 1000 }, () => ({ lastsMs: 0 })));
    await jest.advanceTimersByTimeAsync(10_000);
    expect(states.slice(0, 3)).toEqual(['live', 'lost', 'live']);
    expect(lastIds.length).toBeLessThan(15);
  });
});

test('a stream that is cut counts as lost, and is opened again after a pause', async () => {
  const { states, lastIds } = follow([{ lastsMs: TOKEN_MS, isCut: true }]);
  await jest.advanceTimersByTimeAsync(TOKEN_MS + 500);
  expect([states, lastIds.length]).toEqual([['live', 'lost'], 1]);
  await jest.advanceTimersByTimeAsync(1000);
  expect(states).toEqual(['live', 'lost', 'live']);
});

test('nothing is opened any more once the session has ended or the page is left', async () => {
  const over = follow([{ lastsMs: TOKEN_MS }, new SessionEnded()]);
  await jest.advanceTimersByTimeAsync(TOKEN_MS + 10_000);
  await over.ended;
  const left = follow([{ lastsMs: TOKEN_MS }]);
  await jest.advanceTimersByTimeAsync(1000);
  left.stop.abort();
  await jest.advanceTimersByTimeAsync(TOKEN_MS + 10_000);
  await left.ended;
  expect([over.states, left.states, left.lastIds.length]).toEqual([['live'], ['live'], 1]);
});

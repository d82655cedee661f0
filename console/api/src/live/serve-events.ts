import type { ServerResponse } from 'node:http';
import type { ROUTES } from '@civitas/console-contract';
import type { FastifyReply } from 'fastify';
import type { ConsoleContext } from '../context.ts';
import type { Call } from '../http/call.ts';
import { ProblemError } from '../http/problem-error.ts';
import { isVisible, visibleAgencies } from '../policy/visible.ts';
import type { HeardChange } from './change-hub.ts';
import { CHANGES_WAITING_MAX, HEARTBEAT_MS, STREAMS_MAX, STREAMS_PER_PERSON_MAX } from './limits.ts';

const OPEN = new WeakMap<ConsoleContext['hub'], Map<string, number>>();

/** Counts a stream in. @throws ProblemError RATE_LIMITED beyond the limits. */
function enter(hub: ConsoleContext['hub'], sub: string): () => void {
  const open = OPEN.get(hub) ?? new Map<string, number>();
  OPEN.set(hub, open);
  const own = open.get(sub) ?? 0;
  const all = [...open.values()].reduce((sum, count) => sum + count, 0);
  if (own >= STREAMS_PER_PERSON_MAX || all >= STREAMS_MAX)
    throw new ProblemError('RATE_LIMITED', 'too many event streams are open: close one');
  open.set(sub, own + 1);
  return () => {
    const left = (open.get(sub) ?? 1) - 1;
    if (left === 0) open.delete(sub);
    else open.set(sub, left);
  };
}

/**
 * Streams changes of what the caller may see until they go, their token ends or the console stops.
 *
 * Ids are `<epoch>-<sequence>`. Who comes back with the last one gets what came since; where that is no longer known, or a reader is too
 * slow, `resync` says to read everything again.
 */
export function serveEvents(context: ConsoleContext, call: Call<(typeof ROUTES)['watchEvents']>): FastifyReply {
  const { hub, clock } = context;
  const { principal, reply, signal } = call;
  const leave = enter(hub, principal.sub);
  const visible = visibleAgencies(principal);
  reply.hijack();
  const response = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) response.setHeader(name, value);
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  const stream = createStream(response, hub.epoch);
  const tell = (change: HeardChange): void => {
    if (isVisible(visible, change.agencies)) stream.change(change);
  };
  const seen = new RegExp(`^${hub.epoch}-(\\d{1,15})$`).exec(String(call.request.headers['last-event-id'] ?? ''))?.[1];
  const missed = seen === undefined ? undefined : hub.since(Number(seen));
  if (missed === undefined) stream.resync(hub.sequence);
  else for (const change of missed) tell(change);
  const stopListening = hub.listen(tell);
  const cancels: (() => void)[] = [];
  const beat = (): void => {
    stream.comment();
    cancels[0] = clock.setTimer(HEARTBEAT_MS, beat);
  };
  cancels[0] = clock.setTimer(HEARTBEAT_MS, beat);
  cancels[1] = clock.setTimer(Math.max(0, call.expiresAtUnixS * 1000 - clock.nowUnixMs()), () => response.end());
  signal.addEventListener('abort', () => {
    stopListening();
    leave();
    for (const cancel of cancels) cancel();
    response.end();
  });
  return reply;
}

/** Writes messages; what a slow reader cannot take is left out, and it is told so once it can take something again. */
function createStream(response: ServerResponse, epoch: string) {
  let waiting = 0;
  let lostUpTo = 0;
  const write = (text: string): void => {
    waiting += 1;
    response.write(text, () => {
      waiting -= 1;
      if (lostUpTo > 0 && waiting === 0) {
        const upTo = lostUpTo;
        lostUpTo = 0;
        resync(upTo);
      }
    });
  };
  const resync = (sequence: number): void => write(`id: ${epoch}-${sequence}\nevent: resync\ndata: {}\n\n`);
  return {
    resync,
    comment: () => {
      if (waiting === 0) write(':\n\n');
    },
    change: ({ sequence, event }: HeardChange): void => {
      if (lostUpTo > 0 || waiting >= CHANGES_WAITING_MAX) lostUpTo = sequence;
      else write(`id: ${epoch}-${sequence}\nevent: change\ndata: ${JSON.stringify(event)}\n\n`);
    },
  };
}

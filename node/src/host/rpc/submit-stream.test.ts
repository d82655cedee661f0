import { Duplex } from 'node:stream';
import type { SubmitStreamRequest, SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { Metadata } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { nextTurn } from '../event-loop/next-turn.ts';
import type { LedgerDoor } from './ledger-door.ts';
import { SUBMIT_CREDITS } from './limits.ts';
import { serveSubmitStream } from './submit-stream.ts';

/** A call whose answers leave only when they are taken. */
function aCall(): { call: Duplex; takeAll: () => void; takenCount: () => number } {
  let waiting: (() => void)[] = [];
  let isTaking = false;
  let takenCount = 0;
  const call = new Duplex({
    objectMode: true,
    read: () => undefined,
    write: (_message: SubmitStreamResponse, _encoding, done) => {
      const leave = (): void => {
        takenCount += 1;
        done();
      };
      if (isTaking) setImmediate(leave);
      else waiting.push(leave);
    },
  });
  const takeAll = (): void => {
    isTaking = true;
    for (const leave of waiting) leave();
    waiting = [];
  };
  return { call: Object.assign(call, { metadata: new Metadata(), cancelled: false }), takeAll, takenCount: () => takenCount };
}

/** Sends these many operations that are refused at once, some each turn of the event loop. */
async function sendRefused(call: Duplex, count: number): Promise<void> {
  const malformed: SubmitStreamRequest = { tag: 1n, operation: undefined, batch: undefined };
  for (let sent = 0; sent < count; sent++) {
    call.push(malformed);
    if (sent % 8 === 7) await nextTurn();
  }
}

const serve = (call: Duplex): ReturnType<typeof serveSubmitStream> =>
  serveSubmitStream({} as LedgerDoor, call as object as Parameters<typeof serveSubmitStream>[1], 'hospital-1');

test('a caller that reads none of its answers and sends on is not read from', async () => {
  const { call } = aCall();
  void serve(call);
  await sendRefused(call, 4 * SUBMIT_CREDITS);
  expect(call.writableLength).toBeLessThanOrEqual(SUBMIT_CREDITS + 1);
});

test('one that kept to its credits is answered in full once it reads', async () => {
  const { call, takeAll, takenCount } = aCall();
  const served = serve(call);
  await sendRefused(call, SUBMIT_CREDITS);
  call.push(null);
  expect(takenCount()).toBe(0);

  takeAll();
  expect(await served).toEqual({ ok: true, value: true });
  while (call.writableLength > 0) await nextTurn();
  expect(takenCount()).toBe(SUBMIT_CREDITS + 1);
});

import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import { drained, paused } from './drained.ts';

class Call extends EventEmitter {
  cancelled = false;

  cancel(): void {
    this.cancelled = true;
    this.emit('cancelled');
  }

  get listening(): number {
    return this.listenerCount('drain') + this.listenerCount('cancelled');
  }
}

test('a stream that was waited for a hundred times has no listener more than before', async () => {
  const call = new Call();
  for (let turn = 0; turn < 100; turn++) {
    const reading = drained(call);
    call.emit('drain');
    await reading;
    await paused(call, 0);
  }
  expect(call.listening).toBe(0);
});

test('whoever waits for a caller that goes, or has gone, waits no longer', async () => {
  const call = new Call();
  const waits = [drained(call), paused(call, 2 ** 30)];
  call.cancel();
  await Promise.all(waits);
  await Promise.all([drained(call), paused(call, 2 ** 30)]);
  expect(call.listening).toBe(0);
});

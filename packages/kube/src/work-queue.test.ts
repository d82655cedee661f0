import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { resyncWaitMsMax, retryAfterHonouredMsMax } from './limits.ts';
import type { MetricsSink } from './metrics.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { createWorkQueue } from './work-queue.ts';

const aQueue = (metrics?: MetricsSink) => {
  const clock = createManualClock();
  return { clock, queue: createWorkQueue({ name: 'test', clock, random: () => 1, ...(metrics && { metrics }) }) };
};

describe('work queue', () => {
  test('many touches of a waiting key are one', async () => {
    const { queue } = aQueue();
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect([await queue.take(), await queue.take()]).toEqual(['a', 'b']);
    expect(queue.depth).toBe(0);
  });

  test('a key touched while it is worked on comes again only after that', async () => {
    const { queue } = aQueue();
    queue.add('a');
    await queue.take();
    queue.add('a');
    expect(queue.depth).toBe(0);
    queue.done('a');
    expect(await queue.take()).toBe('a');
  });

  test('a change goes before a resync, also when the key was waiting for a resync', async () => {
    const { queue } = aQueue();
    queue.add('old', 'resync');
    queue.add('raised', 'resync');
    queue.add('raised', 'change');
    expect([await queue.take(), await queue.take()]).toEqual(['raised', 'old']);
  });

  test('a resync that has waited too long goes before changes, so that a stream of them starves nobody', async () => {
    const { clock, queue } = aQueue();
    queue.add('look', 'resync');
    queue.add('change-1');
    expect(await queue.take()).toBe('change-1');
    await clock.advance(resyncWaitMsMax);
    queue.add('change-2');
    expect([await queue.take(), await queue.take()]).toEqual(['look', 'change-2']);
  });

  test('of two delays for one key the higher priority holds', async () => {
    const { clock, queue } = aQueue();
    queue.addAfter('both', 100, 'resync');
    queue.addAfter('both', 200, 'change');
    queue.addAfter('look', 50, 'resync');
    await clock.advance(300);
    expect([await queue.take(), await queue.take()]).toEqual(['both', 'look']);
  });

  test('a server that asks for patience gets it, up to five minutes', async () => {
    const { clock, queue } = aQueue();
    queue.addRateLimited('a', 20_000);
    await clock.advance(19_999);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await queue.take()).toBe('a');
    queue.done('a');
    queue.addRateLimited('a', 3_600_000);
    await clock.advance(retryAfterHonouredMsMax);
    expect(queue.depth).toBe(1);
  });

  test('repeats of one key are further and further apart, up to five minutes, until it is forgotten', async () => {
    const { clock, queue } = aQueue();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 13; attempt++) {
      const startUnixMs = clock.nowUnixMs();
      queue.addRateLimited('a');
      const taken = queue.take().then((key) => {
        waits.push(clock.nowUnixMs() - startUnixMs);
        queue.done(key ?? '');
      });
      await clock.advance(400_000);
      await taken;
    }
    expect(waits.slice(0, 4)).toEqual([250, 500, 1_000, 2_000]);
    expect(waits.at(-1)).toBe(300_000);
    queue.forget('a');
    expect(queue.retriesOf('a')).toBe(0);
  });

  test('of two delays for one key the shorter holds', async () => {
    const { clock, queue } = aQueue();
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 100);
    queue.addAfter('a', 5_000);
    await clock.advance(100);
    expect(queue.depth).toBe(1);
    expect(clock.timers).toBe(0);
  });

  test('after shut-down waiting keys are given out, delayed ones are not, then nothing', async () => {
    const { clock, queue } = aQueue();
    queue.add('waiting');
    queue.addAfter('delayed', 10);
    queue.shutDown();
    queue.add('late');
    await clock.advance(1_000);
    expect([await queue.take(), await queue.take()]).toEqual(['waiting', undefined]);
  });

  test("metrics carry client-go's names", async () => {
    const names = new Set<string>();
    const { queue } = aQueue({ count: (name) => names.add(name), gauge: (name) => names.add(name), observe: (name) => names.add(name) });
    queue.add('a');
    queue.done((await queue.take()) ?? '');
    queue.addRateLimited('a');
    expect([...names].sort()).toEqual([
      'workqueue_adds_total',
      'workqueue_depth',
      'workqueue_longest_running_processor_seconds',
      'workqueue_queue_duration_seconds',
      'workqueue_retries_total',
      'workqueue_unfinished_work_seconds',
      'workqueue_work_duration_seconds',
    ]);
  });

  test('work that does not end is reported while it lasts, and is nothing once it has ended', async () => {
    const gauges = new Map<string, number>();
    const { clock, queue } = aQueue({ count: () => {}, gauge: (name, _, value) => gauges.set(name, value), observe: () => {} });
    queue.add('a');
    await queue.take();
    await clock.advance(2_000);
    queue.add('b');
    await queue.take();
    await clock.advance(1_000);
    expect(gauges.get('workqueue_unfinished_work_seconds')).toBe(4);
    expect(gauges.get('workqueue_longest_running_processor_seconds')).toBe(3);
    for (const key of ['a', 'b']) queue.done(key);
    expect(gauges.get('workqueue_unfinished_work_seconds')).toBe(0);
    expect(gauges.get('workqueue_longest_running_processor_seconds')).toBe(0);
    expect(clock.timers).toBe(0);
  });

  test('no schedule gives one key to two workers or loses a touch', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ do: fc.constant('take' as const), key: fc.constant('') }),
      fc.record({ do: fc.constant('done' as const), key: fc.constantFrom('a', 'b', 'c') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { queue } = aQueue();
        const held = new Set<string>();
        const owed = new Set<string>();
        for (const { do: verb, key } of steps) {
          if (verb === 'add') {
            queue.add(key);
            owed.add(key);
          } else if (verb === 'take' && queue.depth > 0) {
            const taken = (await queue.take()) ?? '';
            expect(held.has(taken)).toBe(false);
            held.add(taken);
            owed.delete(taken);
          } else if (verb === 'done' && held.delete(key)) queue.done(key);
        }
        for (const key of held) queue.done(key);
        const rest = new Set<string>();
        while (queue.depth > 0) rest.add((await queue.take()) ?? '');
        expect(rest).toEqual(owed);
      }),
    );
  });
});

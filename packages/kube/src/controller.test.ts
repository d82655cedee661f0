import { describe, expect, test } from '@jest/globals';
import { ApiError } from './api-error.ts';
import { type ControllerOptions, createController, ownerKey, ownKey, TerminalError } from './controller.ts';
import type { Reflector } from './reflector.ts';
import type { KubeObject } from './resource.ts';
import { createManualClock } from './testing/manual-clock.ts';

const aController = (reconcile: ControllerOptions['reconcile'], overrides: Partial<ControllerOptions> = {}) => {
  const clock = createManualClock();
  return { clock, controller: createController({ name: 'test', reconcile, clock, random: () => 1, ...overrides }) };
};

describe('controller', () => {
  test('a failed reconcile is tried again after its back-off, with the count of tries', async () => {
    const retries: number[] = [];
    const { clock, controller } = aController(async (_, context) => {
      retries.push(context.retries);
      if (retries.length < 3) throw new Error('not yet');
    });
    controller.enqueue('a');
    await controller.start();
    await clock.advance(10_000);
    expect(retries).toEqual([0, 1, 2]);
    expect(controller.stats()).toMatchObject({ reconciles: 3, errors: 2 });
    await controller.stop();
  });

  test('requeueAfterMs looks again then and counts as success', async () => {
    let runs = 0;
    const { clock, controller } = aController(async () => {
      runs++;
      return runs < 3 ? { requeueAfterMs: 5_000 } : undefined;
    });
    controller.enqueue('a');
    await controller.start();
    await clock.advance(5_000);
    expect(runs).toBe(2);
    await clock.advance(60_000);
    expect(runs).toBe(3);
    await controller.stop();
  });

  test('a terminal error is not retried before the object changes', async () => {
    let runs = 0;
    const { clock, controller } = aController(async () => {
      runs++;
      throw new TerminalError('chainId cannot change');
    });
    controller.enqueue('a');
    await controller.start();
    await clock.advance(3_600_000);
    expect(runs).toBe(1);
    controller.enqueue('a');
    await clock.advance(1);
    expect(runs).toBe(2);
    await controller.stop();
  });

  test('a reconcile that takes too long has its signal aborted, and the controller is unhealthy after twice that', async () => {
    let reason: unknown;
    let finish = (): void => {};
    const { clock, controller } = aController(
      (_, { signal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
      { timeoutMs: 1_000 },
    );
    controller.enqueue('slow');
    await controller.start();
    await clock.advance(1_000);
    expect(String(reason)).toContain('ran longer than 1000 ms');
    expect(controller.healthy()).toBe(true);
    await clock.advance(1_000);
    expect(controller.healthy()).toBe(false);
    finish();
    await controller.stop();
  });

  test('stop waits for the running reconcile and starts none that wait', async () => {
    const finished: string[] = [];
    const finishes: (() => void)[] = [];
    const { clock, controller } = aController(async (key) => {
      await new Promise<void>((resolve) => finishes.push(resolve));
      finished.push(key);
    });
    controller.enqueue('running');
    controller.enqueue('waiting');
    await controller.start();
    await clock.advance(1);
    const stopped = controller.stop();
    finishes[0]?.();
    await stopped;
    expect(finished).toEqual(['running']);
  });

  test('stop aborts what does not finish within the grace time', async () => {
    let aborted = false;
    const { clock, controller } = aController(
      (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(void (aborted = true)))),
      { timeoutMs: 3_600_000 },
    );
    controller.enqueue('a');
    await controller.start();
    await clock.advance(1);
    const stopped = controller.stop();
    await clock.advance(30_000);
    await stopped;
    expect(aborted).toBe(true);
  });

  test('different keys are worked on at once, up to the number of workers', async () => {
    const { clock, controller } = aController(() => new Promise(() => {}), { workers: 2 });
    for (const key of ['a', 'b', 'c']) controller.enqueue(key);
    await controller.start();
    await clock.advance(1);
    expect(controller.stats()).toMatchObject({ active: 2, depth: 1 });
  });

  test('a failure waits as long as the server asked for, where that is longer than the back-off', async () => {
    const runs: number[] = [];
    const { clock, controller } = aController(async () => {
      runs.push(clock.monotonicMs());
      throw new ApiError({ status: 429, reason: 'TooManyRequests', message: 'busy', retryAfterMs: 60_000 });
    });
    controller.enqueue('a');
    await controller.start();
    await clock.advance(59_000);
    expect(runs).toHaveLength(1);
    await clock.advance(2_000);
    expect(runs).toHaveLength(2);
    await controller.stop();
  });

  test('what a start lists waits behind a change, and a periodic look too', async () => {
    let publish: (name: string) => void = () => {};
    let synced = false;
    const reflector = {
      hasSynced: () => synced,
      subscribe(onChange: (change: { type: 'ADDED'; object: KubeObject }) => void) {
        publish = (name) =>
          onChange({
            type: 'ADDED',
            object: { apiVersion: 'v1', kind: 'Pod', metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' } },
          });
        return () => {};
      },
      waitForSync: () => Promise.resolve(),
    } as Pick<Reflector<KubeObject>, 'hasSynced' | 'subscribe' | 'waitForSync'> as Reflector<KubeObject>;
    const seen: string[] = [];
    const { clock, controller } = aController(async (key) => void seen.push(key), { workers: 1 });
    controller.watch(reflector, ownKey);
    for (const name of ['listed-1', 'listed-2']) publish(name);
    synced = true;
    publish('changed');
    await controller.start();
    await clock.advance(1);
    expect(seen).toEqual(['changed', 'listed-1', 'listed-2']);
    await controller.stop();
  });

  test('workers begin only when every watched kind has synced', async () => {
    let sync = (): void => {};
    let publish: (object: KubeObject) => void = () => {};
    const reflector = {
      hasSynced: () => false,
      subscribe(onChange: (change: { type: 'ADDED'; object: KubeObject }) => void) {
        publish = (object) => onChange({ type: 'ADDED', object });
        return () => {};
      },
      waitForSync: () =>
        new Promise<void>((resolve) => {
          sync = resolve;
        }),
    } as Pick<Reflector<KubeObject>, 'hasSynced' | 'subscribe' | 'waitForSync'> as Reflector<KubeObject>;
    const seen: string[] = [];
    const { clock, controller } = aController(async (key) => void seen.push(key));
    controller.watch(reflector, ownerKey('LedgerNetwork'));
    const owner = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerNetwork', name: 'health', uid: 'u', controller: true };
    const metadata = { namespace: 'n', name: 'health-0', uid: 'p', resourceVersion: '1', creationTimestamp: '', ownerReferences: [owner] };
    publish({ apiVersion: 'v1', kind: 'Pod', metadata });
    const started = controller.start();
    await clock.advance(1_000);
    expect(seen).toEqual([]);
    sync();
    await started;
    await clock.advance(1);
    expect(seen).toEqual(['n/health']);
    await controller.stop();
  });
});

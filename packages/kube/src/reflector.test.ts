import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock } from './clock.ts';
import type { ConfigMap } from './core-resources.ts';
import { configMaps } from './core-resources.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';
import { reflectorFailuresTold, watchSilenceMsMax } from './limits.ts';
import { createReflector, type Reflector, withoutManagedFields } from './reflector.ts';
import { type FakeApiServer, startFakeApiServer } from './testing/fake-api-server.ts';

/** Back-off waits pass at once; the watchdog's long timer fires only when a test says so. */
function impatientClock(): Clock & { fireWatchdog(): void } {
  let watchdog: (() => void) | undefined;
  return {
    nowUnixMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer(delayMs, fire) {
      if (delayMs === watchSilenceMsMax) {
        watchdog = fire;
        return () => {
          if (watchdog === fire) watchdog = undefined;
        };
      }
      const timer = setImmediate(fire);
      return () => clearImmediate(timer);
    },
    fireWatchdog: () => watchdog?.(),
  };
}

describe('reflector', () => {
  let server: FakeApiServer;
  let client: KubeClient;
  let clock: ReturnType<typeof impatientClock>;
  let reflector: Reflector<ConfigMap>;
  /** State rebuilt from changes alone, as a controller sees it. */
  let seen: Map<string, string>;

  const storeState = () =>
    Object.fromEntries(reflector.store.list().map(({ metadata }) => [metadata.name, metadata.annotations?.['data'] ?? '']));

  /** Resolves when store and changes both equal the server's state. */
  const converged = async (): Promise<void> => {
    const sorted = (state: Readonly<Record<string, string>>) =>
      JSON.stringify(Object.entries(state).sort(([left], [right]) => (left < right ? -1 : 1)));
    for (;;) {
      const wanted = sorted(server.state());
      if (sorted(storeState()) === wanted && sorted(Object.fromEntries(seen)) === wanted) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  const watching = async (): Promise<void> => {
    while (server.openWatches() === 0) await new Promise((resolve) => setImmediate(resolve));
  };

  const begin = (initialState: 'pages' | 'watch-list' = 'pages'): void => {
    const byData = (object: ConfigMap) => [object.metadata.annotations?.['data'] ?? ''];
    reflector = createReflector({ client, resource: configMaps, clock, random: () => 0.5, indexes: { byData }, initialState });
    reflector.subscribe(({ type, object }) => {
      if (type === 'DELETED') seen.delete(object.metadata.name);
      else seen.set(object.metadata.name, object.metadata.annotations?.['data'] ?? '');
    });
    reflector.start();
  };

  beforeEach(async () => {
    server = await startFakeApiServer();
    clock = impatientClock();
    client = createKubeClient(server.config, { clock });
    seen = new Map();
  });

  afterEach(async () => {
    await reflector.stop();
    client.close();
    await server.stop();
  });

  test('a paged list is followed by changes', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) server.put(name, 'first');
    begin();
    await converged();
    server.put('a', 'second');
    server.remove('b');
    server.put('f', 'first');
    await converged();
    expect(reflector.store.byIndex('byData', 'second').map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(reflector.store.byIndex('byData', 'first')).toHaveLength(4);
    expect(reflector.stats().lists).toBe(1);
  });

  test('list items carry the kind that the list names once', async () => {
    server.put('a');
    begin();
    await converged();
    expect(reflector.store.get('default/a')).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  });

  test('a watch-list delivers the first state without a list', async () => {
    server.put('a', '1');
    server.put('b', '2');
    begin('watch-list');
    await converged();
    expect(reflector.stats().lists).toBe(0);
  });

  test('a server that refuses watch-list is listed in pages', async () => {
    server.put('a', '1');
    server.failNext({ status: 422 });
    begin('watch-list');
    await converged();
    expect(reflector.stats().lists).toBe(1);
  });

  test('410 after a gap is answered by a list whose difference shows deletions', async () => {
    server.put('stays');
    server.put('goes');
    begin();
    await converged();
    await watching();
    server.failNext({ status: 500 });
    server.cutWatches();
    server.remove('goes');
    server.put('comes');
    server.compact();
    await converged();
    expect(reflector.stats().lists).toBe(2);
    expect(reflector.stats().missed).toBe(2);
  });

  test('a silent connection is given up by the watchdog', async () => {
    begin();
    await watching();
    const watchesBefore = reflector.stats().watches;
    clock.fireWatchdog();
    while (reflector.stats().watches === watchesBefore) await new Promise((resolve) => setImmediate(resolve));
    server.put('after');
    await converged();
    expect(reflector.stats().failures).toBe(1);
  });

  test('an event that cannot be read is gone around by a list', async () => {
    server.put('a');
    begin();
    await converged();
    await watching();
    server.garble();
    server.put('b');
    await converged();
    expect(reflector.stats()).toMatchObject({ lists: 2, failures: 1 });
  });

  test('a list that fails again and again is warned of, so that nobody waits for its sync unknowingly', async () => {
    server.failNext(...Array.from({ length: reflectorFailuresTold }, () => ({ status: 404 })));
    const warned: object[] = [];
    const silent = (): void => {};
    const log = { debug: silent, info: silent, error: silent, warn: (facts: object) => void warned.push(facts) };
    reflector = createReflector({ client, resource: configMaps, clock, random: () => 0.5, log });
    reflector.start();
    await reflector.waitForSync();
    expect(warned).toEqual([{ resource: 'configmaps', failures: reflectorFailuresTold, error: 'injected 404' }]);
  });

  test('a wait longer than one call honours is kept between two tries', async () => {
    const waits: number[] = [];
    const plain = clock.setTimer;
    clock.setTimer = (delayMs, fire) => {
      waits.push(delayMs);
      return plain(delayMs, fire);
    };
    server.failNext({ status: 429, retryAfter: 120 });
    server.put('a');
    begin();
    await converged();
    expect(waits).toContain(120_000);
  });

  test('429 with Retry-After is waited for, within one call', async () => {
    server.failNext({ status: 429, retryAfter: 1 }, { status: 429, retryAfter: 2 });
    server.put('a');
    begin();
    await converged();
    expect(reflector.stats().lists).toBe(1);
  });

  test('no change is missed through cuts, half events, compactions, 410, 429 and 500', async () => {
    let seed = 42;
    const random = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32;
    };
    begin();
    for (let round = 0; round < 300; round++) {
      const name = `object-${Math.floor(random() * 20)}`;
      if (random() < 0.3) server.remove(name);
      else server.put(name, String(round));
      const fault = random();
      if (fault < 0.05) server.cutWatches();
      else if (fault < 0.1) server.cutWatches(true);
      else if (fault < 0.13) server.compact();
      else if (fault < 0.16) server.failNext({ status: 429, retryAfter: 1 });
      else if (fault < 0.2) server.failNext({ status: 500 }, { status: 410 });
      else if (fault < 0.25) server.bookmark();
      if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
    }
    await converged();
    expect(storeState()).toEqual(server.state());
    expect(server.requests.length).toBeLessThan(1_000);
  }, 20_000);

  test('managed fields are not kept, and of what else only what is asked for', () => {
    const managedFields = [{ manager: 'kubectl' }];
    const base = { apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } };
    const metadata = { name: 'o', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
    expect(withoutManagedFields({ ...base, metadata: { ...metadata, managedFields } })).toEqual({ ...base, metadata });
  });

  test('what is kept is all that store and changes hold', async () => {
    const keep = (object: ConfigMap): ConfigMap => ({ ...object, metadata: { ...object.metadata, annotations: {} } });
    server.put('listed', '1');
    const pruned = createReflector({ client, resource: configMaps, clock, keep });
    const changed: (object: ConfigMap) => void = ({ metadata: { annotations } }) => expect(annotations).toEqual({});
    pruned.subscribe(({ object }) => changed(object));
    pruned.start();
    await pruned.waitForSync();
    server.put('watched', '2');
    while (pruned.store.size < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(pruned.store.list().map(({ metadata }) => [metadata.name, metadata.annotations])).toEqual([
      ['listed', {}],
      ['watched', {}],
    ]);
    await pruned.stop();
  });

  test('a kind that the server does not serve is known to be missing, and is taken up once it is served', async () => {
    server.failNext({ status: 503 }, { status: 404 }, { status: 404 });
    const absent = createReflector({ client, resource: configMaps, clock });
    expect(absent.isServed()).toBe(true);
    let answered: readonly boolean[] | undefined;
    const answer = absent.waitForAnswer().then(() => {
      answered = [absent.isServed(), absent.hasSynced()];
    });
    absent.start();
    await answer;
    expect(answered).toEqual([false, false]);
    await absent.waitForSync();
    expect(absent.isServed()).toBe(true);
    await absent.stop();
    const stopped = createReflector({ client, resource: configMaps, clock });
    await expect(stopped.waitForAnswer(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});

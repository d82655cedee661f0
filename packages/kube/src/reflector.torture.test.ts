import { seededRandom } from '@civitas/testkit';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type ConfigMap, configMaps } from './core-resources.ts';
import type { Change } from './mirror.ts';
import { createReflector, type Reflector } from './reflector.ts';
import { createManualClock, type ManualClock } from './testing/manual-clock.ts';
import { createModelApiServer, type ModelApiServer } from './testing/model-api-server.ts';

const HOURS = 24;
const STEP_MS = 10_000;
const STEPS_AN_HOUR = 3_600_000 / STEP_MS;
/** Longest wait of a server's (5 min), the watchdog (3 min), the slowest list, and a back-off after each. */
const QUIET_MS = 1_200_000;
const OBJECTS = 60;
const firstSeed = Number(process.env['CIVITAS_SEED'] ?? 1);
const seeds = Array.from({ length: process.env['CIVITAS_FULL'] === '1' ? 40 : 3 }, (_, index) => firstSeed + index);

/** What a controller would know from changes alone; every change that makes no sense after the ones before is kept. */
function aListener(): { readonly seen: Map<string, string>; readonly nonsense: string[]; onChange(change: Change<ConfigMap>): void } {
  const seen = new Map<string, string>();
  const nonsense: string[] = [];
  return {
    seen,
    nonsense,
    onChange({ type, object, previous }) {
      const { name, resourceVersion } = object.metadata;
      const held = seen.get(name);
      const fits = type === 'ADDED' ? held === undefined : held !== undefined && previous?.metadata.resourceVersion === held;
      const isForward = held === undefined || type === 'DELETED' || Number(resourceVersion) > Number(held);
      if (!fits || !isForward) nonsense.push(`${type} ${name}@${resourceVersion} after ${held ?? 'nothing'}`);
      if (type === 'DELETED') seen.delete(name);
      else seen.set(name, resourceVersion);
    },
  };
}

/** One thing that goes wrong, or a write; most steps are writes. */
function disturb(server: ModelApiServer, random: () => number): void {
  const name = `object-${Math.floor(random() * OBJECTS)}`;
  const write = random() < 0.7 ? random() : 1;
  if (write < 0.25) server.remove(name);
  else if (write < 1) server.put(name);
  const dice = random();
  if (dice < 0.02) server.cutWatches();
  else if (dice < 0.03) server.deafenWatches();
  else if (dice < 0.05) server.compact();
  else if (dice < 0.055) server.garble();
  else if (dice < 0.06) server.restart(random() * 60_000);
  else if (dice < 0.12) server.bookmark('newest');
  else if (dice < 0.18) server.bookmark('late');
  else if (dice < 0.24) server.bookmark('twice');
}

interface Torture {
  readonly clock: ManualClock;
  readonly server: ModelApiServer;
  readonly random: () => number;
  readonly reflector: Reflector<ConfigMap>;
  readonly listener: ReturnType<typeof aListener>;
}

function begin(seed: number, initialState: 'pages' | 'watch-list'): Torture {
  const random = seededRandom(seed).nextFraction;
  const clock = createManualClock();
  const server = createModelApiServer(clock, random);
  const listener = aListener();
  const reflector = createReflector({ client: server.client, resource: configMaps, clock, random, initialState });
  reflector.subscribe(listener.onChange);
  reflector.start();
  return { clock, server, random, reflector, listener };
}

const storeOf = ({ reflector }: Torture): ReadonlyMap<string, string> =>
  new Map(reflector.store.list().map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
const sorted = (state: ReadonlyMap<string, string>): readonly string[] => [...state].map(([name, version]) => `${name}@${version}`).sort();

const lines: string[] = [];
afterAll(() => void process.stderr.write(`${lines.join('\n')}\n`));

describe.each(['pages', 'watch-list'] as const)('a reflector that starts with %s, tortured for 24 virtual hours', (initialState) => {
  test.each(seeds)(
    'misses nothing and holds nothing too much (CIVITAS_SEED=%d)',
    async (seed) => {
      const torture = begin(seed, initialState);
      const { clock, server, random, reflector, listener } = torture;
      let [timersMax, watchesMax] = [0, 0];
      for (let hour = 0; hour < HOURS; hour++) {
        server.setFaultRate(random() * 0.6);
        for (let step = 0; step < STEPS_AN_HOUR; step++) {
          disturb(server, random);
          await clock.advance(random() * 2 * STEP_MS);
          timersMax = Math.max(timersMax, clock.timers);
          watchesMax = Math.max(watchesMax, server.openWatches());
        }
        server.setFaultRate(0);
        await clock.advance(QUIET_MS);
        expect({ hour, store: sorted(storeOf(torture)), heard: sorted(listener.seen) }).toEqual({
          hour,
          store: sorted(server.state()),
          heard: sorted(server.state()),
        });
      }
      expect(listener.nonsense).toEqual([]);
      // The back-off or the watchdog of one watch, its server's time-out, and slow answers of given up requests.
      expect(timersMax).toBeLessThanOrEqual(6);
      expect(watchesMax).toBeLessThanOrEqual(1);
      const stats = reflector.stats();
      expect(stats.failures).toBeGreaterThan(100);
      lines.push(`${initialState} seed ${seed}: ${JSON.stringify(stats)} ${JSON.stringify(server.counts)} timers ≤ ${timersMax}`);
      const stopped = reflector.stop();
      await clock.advance(400_000);
      await stopped;
      expect([clock.timers, server.openWatches()]).toEqual([0, 0]);
    },
    120_000,
  );
});

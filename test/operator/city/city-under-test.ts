import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pods } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { civitas } from '../../e2e/commands.ts';
import type { RunningCity } from '../../e2e/running-city.ts';
import { type CityView, NAMESPACE, openCityView } from './city-view.ts';

/** The sample city of one test file, and what a person finds in it. */
export interface CityUnderTest {
  readonly home: string;
  readonly view: CityView;
  /** A record as a ledger has it, read through a gateway; undefined where there is none. */
  recordOf(network: string, key: string): Promise<Record<string, unknown> | undefined>;
  /** Has an operation done from its beginning to its end. */
  perform(network: string, name: string, spec: object): Promise<void>;
  /** Uid of each pod of a network, by name. */
  podsOf(network: string): Promise<ReadonlyMap<string, string>>;
}

const UP_WITHIN_MS = 300_000;
const DONE_WITHIN_MS = 200_000;
const READ_WITHIN_MS = 60_000;

/**
 * Starts a city before the tests of a suite and ends it after them.
 *
 * @param start as `npm start` does, in a home of its own; @param end what it stood on, afterwards.
 */
export function withCity(start: (home: string) => Promise<RunningCity>, end: () => Promise<void> = async () => undefined): CityUnderTest {
  let home = '';
  let view: CityView | undefined;
  let city: RunningCity | undefined;
  const opened = (): CityView => {
    if (view === undefined) throw new Error('the city is not up');
    return view;
  };

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'civitas-journey-'));
    city = await start(home);
    view = await openCityView(join(home, 'kubeconfig'));
  }, UP_WITHIN_MS + 40_000);

  afterAll(async () => {
    await view?.close();
    await city?.stop();
    await end();
    rmSync(home, { recursive: true, force: true });
  }, 60_000);

  return {
    get home() {
      return home;
    },
    get view() {
      return opened();
    },
    async recordOf(network, key) {
      // A gateway whose pod is being made anew answers a little later.
      const stdout = await waitFor(
        `answer to a read of ${key}`,
        async () => {
          const result = await civitas(home, 'read', key, '-n', network, '--json');
          return result.code === 0 ? result.stdout : undefined;
        },
        READ_WITHIN_MS,
      );
      const { value } = JSON.parse(stdout) as { value?: Record<string, unknown> | null };
      return value ?? undefined;
    },
    async perform(network, name, spec) {
      const beganMs = performance.now();
      await opened().apply('LedgerOperation', name, { networkRef: network, ...spec });
      await opened().until('LedgerOperation', name, (it) => ['Done', 'Refused'].includes(it?.status?.phase ?? ''), DONE_WITHIN_MS);
      expect(opened().find('LedgerOperation', name)?.status).toMatchObject({ phase: 'Done' });
      sayTime(name, beganMs);
    },
    async podsOf(network) {
      const { items } = await opened().client.listAll(pods, { namespace: NAMESPACE });
      const theirs = items.filter(({ metadata }) => metadata.name.startsWith(`${network}-`));
      return new Map(theirs.map(({ metadata }) => [metadata.name, metadata.uid]));
    },
  };
}

/** What something took, for the run's log. @param beganMs of performance.now(). */
export function sayTime(what: string, beganMs: number): void {
  process.stderr.write(`day two: ${what} took ${Math.round((performance.now() - beganMs) / 1000)} s\n`);
}

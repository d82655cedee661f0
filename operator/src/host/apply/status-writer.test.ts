import type { Applied, Applier, Clock, Condition, KubeObject } from '@civitas/kube';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { verdict } from '../../core/plan/verdict.ts';
import { MESSAGE_CHARS_MAX } from '../../core/resources/limits.ts';
import { HEIGHT_STATUS_MS, LIVE_WRITE_EVERY_MS, LIVE_WRITES_BURST_MAX, RESTING_LOOK_MS_MAX } from '../controllers/limits.ts';
import { createLiveWrites } from './live-writes.ts';
import { createStatusWriter, type StatusWriter } from './status-writer.ts';

const resource = { group: 'civitas.dev', version: 'v1alpha1', plural: 'ledgernetworks', namespaced: true };
const live = { fields: ['height'], intervalMs: HEIGHT_STATUS_MS };

let nowMs: number;
let writes: string[];
let statuses: { readonly conditions?: readonly Condition[] }[];
let writer: StatusWriter;

const clock: Clock = { nowUnixMs: () => nowMs, monotonicMs: () => nowMs, setTimer: () => () => {} };
/** As the cache has it once the write before has come back. */
const anObject = (name: string, serves: boolean): KubeObject & { status: { conditions: Condition[] } } => {
  const held = { type: 'Available', reason: 'Serving', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
  return {
    ...{ apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerNetwork' },
    metadata: { name, namespace: 'n', uid: name, resourceVersion: '1', creationTimestamp: '' },
    status: { conditions: [{ ...held, status: serves ? 'True' : 'False' }] },
  };
};
const write = (name: string, height: number, serves = true): Promise<boolean> =>
  writer.write(
    {
      resource,
      object: anObject(name, serves),
      verdicts: [verdict('Available', serves, 'Serving', '')],
      phase: 'Available',
      facts: { height },
    },
    live,
  );

beforeEach(() => {
  nowMs = 1_000_000;
  writes = [];
  statuses = [];
  const applyStatus: Applier['applyStatus'] = (_resource, { metadata, status }): Promise<Applied> => {
    writes.push(metadata.name ?? '');
    statuses.push(status ?? {});
    return Promise.resolve({ written: true, held: [] });
  };
  const applier = { applyStatus } as Pick<Applier, 'applyStatus'> as Applier;
  writer = createStatusWriter(applier, clock, createLiveWrites(clock));
});

describe('a status', () => {
  test('is written when something other than a height changes, and with a height alone only after its interval', async () => {
    await write('a', 1);
    nowMs += HEIGHT_STATUS_MS - 1;
    expect(await write('a', 2)).toBe(false);
    expect(await write('a', 2, false)).toBe(true);
    nowMs += HEIGHT_STATUS_MS;
    expect(await write('a', 3, false)).toBe(true);
  });

  test('of many objects tells heights at one pace, however many they are', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `net-${index}`);
    for (const name of names) await write(name, 1);
    expect(writes.length).toBe(400);
    const seconds = 600;
    for (let second = 0; second < seconds; second++) {
      nowMs += 1000;
      for (const name of names) await write(name, second);
    }
    expect(writes.length - 400).toBeLessThanOrEqual(LIVE_WRITES_BURST_MAX + (seconds * 1000) / LIVE_WRITE_EVERY_MS);
    expect(writes.length - 400).toBeGreaterThan((seconds * 1000 - HEIGHT_STATUS_MS) / LIVE_WRITE_EVERY_MS - 1);
  });

  test('is told within the round of all whose heights move, whenever it asks; of what rests nothing is told', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `net-${index}`);
    for (const name of [...names, 'resting']) await write(name, 1);
    const told = new Map<string, number[]>();
    // The same order each time, and the last of it just before the next allowance: whoever comes first would always be the same.
    for (let second = 1; second <= 600; second++) {
      nowMs += 1000;
      for (const name of names) if (await write(name, second)) told.set(name, [...(told.get(name) ?? []), second]);
      expect(await write('resting', 1)).toBe(false);
    }
    const roundSeconds = (names.length * LIVE_WRITE_EVERY_MS) / 1000;
    for (const name of names) {
      const times = [0, ...(told.get(name) ?? []), 600];
      const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(roundSeconds + HEIGHT_STATUS_MS / 1000);
    }
  });

  test('that is asked for no more keeps nobody waiting', async () => {
    const names = Array.from({ length: LIVE_WRITES_BURST_MAX + 3 }, (_, index) => `gone-${index}`);
    for (const name of [...names, 'here']) await write(name, 1);
    nowMs += HEIGHT_STATUS_MS;
    for (const name of names) await write(name, 2);
    expect(await write('here', 2)).toBe(false);
    nowMs += 2 * RESTING_LOOK_MS_MAX + 1;
    expect(await write('here', 3)).toBe(true);
  });

  test('that an earlier process wrote and that still holds is not written again', async () => {
    const held = { type: 'Available', status: 'True', reason: 'Serving', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' } as const;
    const conditions = [{ ...held, observedGeneration: 0 }];
    const object = { ...anObject('a', true), status: { observedGeneration: 0, phase: 'Available', conditions, height: 7 } };
    const target = { resource, object, verdicts: [verdict('Available', true, 'Serving', '')], phase: 'Available' };
    expect(await writer.write({ ...target, facts: { height: 8, gone: undefined } }, live)).toBe(false);
    nowMs += HEIGHT_STATUS_MS;
    expect(await writer.write({ ...target, facts: { height: 9 } }, live)).toBe(true);
    expect(await writer.write({ ...target, facts: { height: 9, more: 1 } }, live)).toBe(true);
  });

  test('with a message longer than its bound says the beginning of it', async () => {
    const message = '长'.repeat(MESSAGE_CHARS_MAX + 1);
    await writer.write({
      resource,
      object: anObject('a', true),
      verdicts: [verdict('Available', false, 'Many', message)],
      phase: '',
      facts: {},
    });
    const told = statuses.at(-1)?.conditions?.[0]?.message;
    expect(told).toBe(`${'长'.repeat(MESSAGE_CHARS_MAX - 1)}…`);
  });
});

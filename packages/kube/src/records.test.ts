import { describe, expect, test } from '@jest/globals';
import { ApiError, apiErrorOf, isApiError } from './api-error.ts';
import { createApplier, holds } from './applier.ts';
import { type Condition, isConditionTrue, setCondition } from './conditions.ts';
import { configMaps } from './core-resources.ts';
import { createEventRecorder } from './event-recorder.ts';
import { addFinalizer, removeFinalizer } from './finalizers.ts';
import { appliedDigestsMax, eventSeriesMax, eventsBurstMax, similarEventsMax, similarEventsMs } from './limits.ts';
import { compareResourceVersions, defineResource, type KubeObject, type ObjectBody, pathOf, refOf } from './resource.ts';
import { createManualClock } from './testing/manual-clock.ts';

const anObject = (overrides: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'n', name: 'o', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z', ...overrides },
});

describe('conditions', () => {
  const wanted = { type: 'Ready', status: 'True', reason: 'Up', message: 'fine' } as const;
  test('the transition time moves only with the status', () => {
    const first = setCondition([], wanted, '2026-01-01T00:00:00Z');
    expect(setCondition(first, wanted, '2026-01-02T00:00:00Z')).toBe(first);
    const renamed = setCondition(first, { ...wanted, reason: 'Still' }, '2026-01-02T00:00:00Z');
    expect(renamed).toEqual([{ ...wanted, reason: 'Still', lastTransitionTime: '2026-01-01T00:00:00Z' }]);
    const failed = setCondition(renamed, { ...wanted, status: 'False' }, '2026-01-03T00:00:00Z');
    expect(failed[0]?.lastTransitionTime).toBe('2026-01-03T00:00:00Z');
    expect(isConditionTrue(failed, 'Ready')).toBe(false);
    expect(isConditionTrue(undefined, 'Ready')).toBe(false);
  });

  test('other conditions keep their place', () => {
    const others: Condition[] = [{ type: 'A', status: 'True', reason: 'R', message: '', lastTransitionTime: 't' }];
    expect(setCondition(others, wanted, 'now').map(({ type }) => type)).toEqual(['A', 'Ready']);
  });
});

describe('applier', () => {
  const body: ObjectBody = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'n', name: 'o' }, data: { a: '1' } };
  test('the same apply twice is one request, until somebody else changes the object', async () => {
    let calls = 0;
    const stored = { ...anObject(), data: { a: '1', b: 'theirs' } };
    const apply = async () => {
      calls++;
      return stored as never;
    };
    const applier = createApplier({ apply, applyStatus: apply }, { fieldManager: 'test' });
    expect((await applier.apply(configMaps, body, undefined)).written).toBe(true);
    expect((await applier.apply(configMaps, body, stored)).written).toBe(false);
    expect((await applier.apply(configMaps, body, { ...stored, data: { a: 'changed' } })).written).toBe(true);
    expect((await applier.apply(configMaps, { ...body, data: {} }, stored)).written).toBe(true);
    expect((await applier.apply(configMaps, { ...body, data: {} }, { ...stored, ...anObject({ uid: 'another' }) })).written).toBe(true);
    expect(calls).toBe(4);
  });

  test('what a former process applied and the object tells of is not applied again, unless a field or the wish differs', async () => {
    const sent: ObjectBody[] = [];
    const apply = async (_: unknown, sentBody: ObjectBody) => {
      sent.push(sentBody);
      return anObject() as never;
    };
    const freshApplier = () => createApplier({ apply, applyStatus: apply }, { fieldManager: 'test', digestAnnotation: 'applied' });
    await freshApplier().apply(configMaps, body, undefined);
    const annotations = sent[0]?.metadata.annotations ?? {};
    expect(Object.keys(annotations)).toEqual(['applied']);
    const stored = { ...anObject({ annotations }), data: { a: '1' } };
    expect((await freshApplier().apply(configMaps, body, stored)).written).toBe(false);
    expect((await freshApplier().apply(configMaps, body, { ...stored, data: { a: 'changed' } })).written).toBe(true);
    expect((await freshApplier().apply(configMaps, { ...body, data: {} }, stored)).written).toBe(true);
    expect((await freshApplier().apply(configMaps, body, { ...anObject(), data: { a: '1' } })).written).toBe(true);
    await freshApplier().applyStatus(configMaps, body, stored);
    expect(sent.at(-1)).toEqual(body);
  });

  const heldBy = (manager: string) =>
    new ApiError({
      ...{ status: 409, reason: 'Conflict', message: 'Apply failed with 1 conflict' },
      causes: [{ reason: 'FieldManagerConflict', message: `conflict with "${manager}" using v1`, field: '.data.a' }],
    });
  /** An API whose field is held by this manager until it is forced. */
  const aHeldField = (manager: string) => {
    const forced: boolean[] = [];
    let isHeld = true;
    const apply = async (_: unknown, __: unknown, { force = false }: { force?: boolean | undefined }) => {
      forced.push(force);
      if (!force && isHeld) throw heldBy(manager);
      return anObject() as never;
    };
    const release = (): void => {
      isHeld = false;
    };
    return { client: { apply, applyStatus: apply }, forced, release };
  };
  const isOwnManager = (manager: string): boolean => manager.startsWith('civitas-');

  test('a field that a person set is left to them, and is told until it is free', async () => {
    const { client, forced, release } = aHeldField('kubectl-edit');
    const applier = createApplier(client, { fieldManager: 'civitas-network', isOwnManager });
    const held = [{ manager: 'kubectl-edit', field: '.data.a' }];
    expect(await applier.apply(configMaps, body, anObject())).toEqual({ written: false, held });
    expect(applier.heldObjects()).toEqual([{ kind: 'ConfigMap', namespace: 'n', name: 'o', labels: {}, held }]);
    expect(await applier.apply(configMaps, body, anObject())).toEqual({ written: false, held });
    expect(forced).toEqual([false]);
    release();
    expect(await applier.apply(configMaps, body, anObject({ resourceVersion: '8' }))).toEqual({ written: true, held: [] });
    expect(applier.heldObjects()).toEqual([]);
  });

  test('a field of a former name of our own is taken over, and status always is', async () => {
    const { client, forced } = aHeldField('civitas-operator');
    const applier = createApplier(client, { fieldManager: 'civitas-network', isOwnManager });
    await applier.apply(configMaps, body, undefined);
    await applier.applyStatus(configMaps, body, undefined);
    expect(forced).toEqual([false, true, true]);
  });

  test('a conflict of versions is no conflict of fields', async () => {
    const plain = new ApiError({ status: 409, reason: 'Conflict', message: 'the object has been modified' });
    const client = { apply: () => Promise.reject(plain), applyStatus: () => Promise.reject(plain) };
    await expect(createApplier(client, { fieldManager: 'me' }).apply(configMaps, body, undefined)).rejects.toBe(plain);
  });

  test('what was applied longest ago is forgotten first, and then applied once more', async () => {
    let calls = 0;
    const apply = async (_: unknown, { metadata }: ObjectBody) => {
      calls++;
      return anObject({ name: metadata.name ?? '', uid: metadata.name ?? '' }) as never;
    };
    const applier = createApplier({ apply, applyStatus: apply }, { fieldManager: 'me' });
    const named = (name: string): ObjectBody => ({ ...body, metadata: { namespace: 'n', name }, data: undefined });
    for (let index = 0; index <= appliedDigestsMax; index++) await applier.apply(configMaps, named(`o${index}`), undefined);
    const before = calls;
    const held = (name: string) => anObject({ name, uid: name }) as never;
    expect((await applier.apply(configMaps, named('o1'), held('o1'))).written).toBe(false);
    expect((await applier.apply(configMaps, named('o0'), held('o0'))).written).toBe(true);
    expect(calls).toBe(before + 1);
  });

  test('lists may hold more, in another order', () => {
    expect(holds({ l: [{ name: 'b', x: 1 }, { name: 'a' }] }, { l: [{ name: 'a' }, { name: 'b' }] })).toBe(true);
    expect(holds({ l: [{ name: 'a' }] }, { l: [{ name: 'a' }, { name: 'b' }] })).toBe(false);
    expect(holds({}, { x: undefined })).toBe(true);
    expect(holds({ x: null }, { x: {} })).toBe(false);
  });
});

describe('event recorder', () => {
  const aRecorder = () => {
    const created: ObjectBody[] = [];
    const patched: object[] = [];
    let gone = false;
    const clock = createManualClock();
    const client = {
      create: async (_: unknown, body: ObjectBody) => void created.push(body) as never,
      mergePatch: async (_: unknown, __: unknown, patch: object) => {
        if (gone) throw new ApiError({ status: 404, reason: 'NotFound', message: 'gone' });
        return void patched.push(patch) as never;
      },
    };
    const forget = (): void => {
      gone = true;
    };
    return { recorder: createEventRecorder({ client, component: 'test', clock }), created, patched, clock, forget };
  };
  const facts = { type: 'Normal', reason: 'Done', message: 'it is done' } as const;

  test('a repeat is counted in the same Event', async () => {
    const { recorder, created, patched } = aRecorder();
    for (let turn = 0; turn < 3; turn++) recorder.record(anObject(), facts);
    await recorder.flush();
    expect(created).toHaveLength(1);
    expect(created[0]).toMatchObject({ involvedObject: { kind: 'ConfigMap', name: 'o', uid: 'u' }, reason: 'Done', count: 1 });
    expect(patched.map((patch) => (patch as { count: number }).count)).toEqual([2, 3]);
  });

  test('a flood about one object is cut off and let through again later', async () => {
    const { recorder, created, clock } = aRecorder();
    for (let turn = 0; turn < eventsBurstMax + 10; turn++) recorder.record(anObject(), { ...facts, reason: `Try${turn}` });
    await recorder.flush();
    expect(created).toHaveLength(eventsBurstMax);
    await clock.advance(300_000);
    recorder.record(anObject(), { ...facts, message: 'later' });
    await recorder.flush();
    expect(created).toHaveLength(eventsBurstMax + 1);
  });

  test('many messages of one reason become one Event that carries the last of them', async () => {
    const { recorder, created, patched, clock } = aRecorder();
    for (let turn = 0; turn < similarEventsMax + 3; turn++) recorder.record(anObject(), { ...facts, message: `try ${turn}` });
    recorder.record(anObject(), { ...facts, message: 'try 0' });
    await recorder.flush();
    expect(created).toHaveLength(similarEventsMax + 1);
    expect(created.at(-1)).toMatchObject({ message: '(combined from similar events): try 10', count: 1 });
    expect(patched).toMatchObject([
      { count: 2, message: '(combined from similar events): try 11' },
      { count: 3, message: '(combined from similar events): try 12' },
      { count: 2 },
    ]);
    await clock.advance(similarEventsMs);
    recorder.record(anObject(), { ...facts, message: 'much later' });
    await recorder.flush();
    expect(created.at(-1)).toMatchObject({ message: 'much later' });
  });

  test('of very many series the oldest are forgotten first: a repeat of those begins anew', async () => {
    const { recorder, created, patched } = aRecorder();
    for (let index = 0; index <= eventSeriesMax; index++) recorder.record(anObject({ name: `o${index}`, uid: `u${index}` }), facts);
    await recorder.flush();
    expect(created).toHaveLength(eventSeriesMax + 1);
    recorder.record(anObject({ name: 'o0', uid: 'u0' }), facts);
    recorder.record(anObject({ name: `o${eventSeriesMax}`, uid: `u${eventSeriesMax}` }), facts);
    await recorder.flush();
    expect(created).toHaveLength(eventSeriesMax + 2);
    expect(patched).toHaveLength(1);
  });

  test('an Event the server has forgotten begins anew, and a failing server stops nobody', async () => {
    const { recorder, created, forget } = aRecorder();
    recorder.record(anObject(), facts);
    await recorder.flush();
    forget();
    recorder.record(anObject(), facts);
    await recorder.flush();
    expect(created).toHaveLength(2);
  });
});

describe('finalizers', () => {
  test('are written under the version they were read at, and only when needed', async () => {
    const patches: object[] = [];
    const client = { mergePatch: async (_: unknown, __: unknown, patch: object) => (patches.push(patch), anObject() as never) };
    await addFinalizer(client, configMaps, anObject({ finalizers: ['x'] }) as never, 'x');
    await addFinalizer(client, configMaps, anObject({ finalizers: ['x'] }) as never, 'y');
    await removeFinalizer(client, configMaps, anObject({ finalizers: ['x', 'y'] }) as never, 'x');
    expect(patches).toEqual([
      { metadata: { resourceVersion: '7', finalizers: ['x', 'y'] } },
      { metadata: { resourceVersion: '7', finalizers: ['y'] } },
    ]);
  });
});

describe('addresses and errors', () => {
  test('paths of collections, objects and subresources', () => {
    const networks = defineResource({ group: 'civitas.dev', version: 'v1alpha1', plural: 'ledgernetworks', namespaced: true });
    expect(pathOf(networks, {})).toBe('/apis/civitas.dev/v1alpha1/ledgernetworks');
    expect(pathOf(networks, { namespace: 'n', name: 'x', subresource: 'status' })).toBe(
      '/apis/civitas.dev/v1alpha1/namespaces/n/ledgernetworks/x/status',
    );
    expect(pathOf(configMaps, { namespace: 'n', name: '../x' })).toBe('/api/v1/namespaces/n/configmaps/..%2Fx');
    expect(refOf('n/x')).toEqual({ namespace: 'n', name: 'x' });
    expect(compareResourceVersions('9', '10')).toBeLessThan(0);
  });

  test('a Status body becomes a typed error, and so does what a proxy sends in its place', () => {
    const conflict = {
      kind: 'Status',
      code: 409,
      reason: 'Conflict',
      message: 'field is owned',
      details: { causes: [{ field: '.spec.x' }] },
    };
    const error = apiErrorOf(409, JSON.stringify(conflict));
    expect(error).toMatchObject({ status: 409, reason: 'Conflict', message: 'field is owned', causes: [{ field: '.spec.x' }] });
    expect(apiErrorOf(429, '<html>', '3')).toMatchObject({ reason: 'TooManyRequests', retryAfterMs: 3_000 });
    expect(isApiError(apiErrorOf(410, '{"reason":"Gone"}'), 'Expired')).toBe(true);
  });
});

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { open } from 'lmdb';
import type { ApiObject } from './json.ts';
import { watchWindowEventsMax } from './limits.ts';
import { ObjectStore, storeFormat } from './store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'civitas-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function fail(cause: unknown): void {
  throw new Error('no listener fails in this test', { cause });
}

function anObject(name: string): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'n', uid: `uid-${name}`, resourceVersion: '', creationTimestamp: '2026-01-01T00:00:00Z' },
  };
}

test('readers and watches see a change only when it is on disk, in order', async () => {
  const store = new ObjectStore(folder, fail);
  const seen: string[] = [];
  store.subscribe('/configmaps', (event) => seen.push(`${event.type} ${event.version}`));
  const first = store.commit('/configmaps', undefined, anObject('a'));
  const second = store.commit('/configmaps', first.object, { ...first.object, data: { x: '1' } });
  const third = store.commit('/configmaps', second.object, undefined);
  expect(store.findHead('/configmaps', 'n', 'a')).toBeUndefined();
  expect([store.find('/configmaps', 'n', 'a'), seen]).toEqual([undefined, []]);
  await third.durable;
  expect(seen).toEqual(['ADDED 2', 'MODIFIED 3', 'DELETED 4']);
  await store.close();
});

test('what is committed when a change is accepted is on disk and seen together with it, also while the disk is busy', async () => {
  const store = new ObjectStore(folder, fail);
  const accepted: number[] = [];
  const end = store.subscribeAccepted('/configmaps', (event) => {
    accepted.push(event.version);
    store.commit('/counts', store.findHead('/counts', 'n', 'count'), anObject('count'));
  });
  const first = store.commit('/configmaps', undefined, anObject('a'));
  await Promise.resolve();
  const second = store.commit('/configmaps', undefined, anObject('b'));
  expect([accepted, store.find('/counts', 'n', 'count')]).toEqual([[2, 4], undefined]);
  await first.durable;
  expect(store.find('/counts', 'n', 'count')?.metadata.resourceVersion).toBe('3');
  await second.durable;
  expect(store.find('/counts', 'n', 'count')?.metadata.resourceVersion).toBe('5');
  end();
  await store.commit('/configmaps', undefined, anObject('c')).durable;
  expect(accepted).toEqual([2, 4]);
  await store.close();
});

test('a listener that throws is reported; the others and the store go on', async () => {
  const faults: unknown[] = [];
  const store = new ObjectStore(folder, (cause) => faults.push(cause));
  const seen: number[] = [];
  store.subscribe('/configmaps', () => {
    throw new Error('broken listener');
  });
  store.subscribe('/configmaps', (event) => seen.push(event.version));
  await store.commit('/configmaps', undefined, anObject('a')).durable;
  await store.commit('/configmaps', undefined, anObject('b')).durable;
  expect(seen).toEqual([2, 3]);
  expect(faults).toHaveLength(2);
  await store.close();
});

test('objects and the version come back after a close', async () => {
  const store = new ObjectStore(folder, fail);
  const { object } = store.commit('/configmaps', undefined, anObject('a'));
  await store.close();
  const again = new ObjectStore(folder, fail);
  expect(again.find('/configmaps', 'n', 'a')).toEqual(object);
  expect(again.version).toBe(2);
  expect(() => again.changesSince('/configmaps', 1)).toThrow('too old resource version');
  expect(again.changesSince('/configmaps', 2)).toEqual([]);
  await again.close();
});

test('a store of a later format is refused', async () => {
  const database = open({ path: folder, encoding: 'json' });
  await database.put('meta/format', storeFormat + 1);
  await database.close();
  expect(() => new ObjectStore(folder, fail)).toThrow(`has format ${storeFormat + 1}, this program reads format ${storeFormat}`);
});

test('the window of changes is bounded, and says what it forgot', async () => {
  const store = new ObjectStore(folder, fail);
  let current = store.commit('/configmaps', undefined, anObject('a'));
  for (let count = 0; count < watchWindowEventsMax; count += 1) current = store.commit('/configmaps', current.object, current.object);
  await current.durable;
  expect(() => store.changesSince('/configmaps', 1)).toThrow('too old resource version: 1 (2)');
  expect(store.changesSince('/configmaps', 2)).toHaveLength(watchWindowEventsMax);
  await store.close();
});

test('kill -9 loses no acknowledged write', async () => {
  const program = `
    const { ObjectStore } = await import(${JSON.stringify(new URL('./store.ts', import.meta.url).href)});
    const store = new ObjectStore(${JSON.stringify(folder)}, () => undefined);
    for (let index = 0; ; index += 1) {
      await store.commit('/configmaps', undefined, ${JSON.stringify(anObject('NAME'))}.metadata && { ...${JSON.stringify(anObject('NAME'))}, metadata: { ...${JSON.stringify(anObject('NAME').metadata)}, name: 'n' + index } }).durable;
      process.stdout.write('n' + index + '\\n');
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
  let acknowledged = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      acknowledged += chunk.toString('utf8');
      if (acknowledged.split('\n').length > 50) child.kill('SIGKILL');
    });
    child.on('close', () => resolve());
  });
  const store = new ObjectStore(folder, fail);
  const names = acknowledged.split('\n').slice(0, -1);
  expect(names.length).toBeGreaterThanOrEqual(50);
  expect(names.filter((name) => store.find('/configmaps', 'n', name) === undefined)).toEqual([]);
  await store.close();
}, 20_000);

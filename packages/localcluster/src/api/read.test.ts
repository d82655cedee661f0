import { mkdtemp, rm } from 'node:fs/promises';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { anonymous } from './auth/user.ts';
import { type ApiObject, objectsAt, stringAt } from './json.ts';
import { bookmarkIntervalMs, listPageMax, watchTimeoutMs } from './limits.ts';
import { listObjects, WatchHub } from './read.ts';
import { Registry } from './registry.ts';
import type { ApiRequest, Target } from './request.ts';
import type { ResourceType } from './resource.ts';
import { ObjectStore } from './store.ts';

const target: Target = { group: '', version: 'v1', plural: 'configmaps', namespace: undefined, name: undefined, subresource: '' };
let folder: string;
let store: ObjectStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'civitas-read-'));
  store = new ObjectStore(folder, () => undefined);
});
afterEach(async () => {
  jest.useRealTimers();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function configMaps(): ResourceType {
  const type = new Registry().find('', 'v1', 'configmaps');
  if (type === undefined) throw new Error('configmaps are served');
  return type;
}

function aRequest(query: string): ApiRequest {
  const { signal } = new AbortController();
  return { method: 'GET', path: '', query: new URLSearchParams(query), headers: {}, user: anonymous, target, verb: 'list', signal };
}

function anObject(name: string): ApiObject {
  const metadata = { name, namespace: 'n', uid: `uid-${name}`, resourceVersion: '', creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

describe('a list', () => {
  test('gives no more than the bound in one page, whatever limit asks, and the rest in the next', async () => {
    const written = Array.from({ length: listPageMax + 1 }, (_, index) => store.commit('/configmaps', undefined, anObject(`c${index}`)));
    await written.at(-1)?.durable;
    const page = listObjects(store, configMaps(), target, aRequest(`limit=${listPageMax * 5}`));
    expect(objectsAt(page, 'items')).toHaveLength(listPageMax);
    const rest = listObjects(store, configMaps(), target, aRequest(`continue=${stringAt(page, 'metadata', 'continue')}`));
    expect(objectsAt(rest, 'items')).toHaveLength(1);
  });
});

describe('a watch', () => {
  const openWatch = (query: string) => {
    const hub = new WatchHub(store);
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    const lines: string[] = [];
    response.write = (line: unknown) => {
      lines.push(String(line));
      return true;
    };
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    hub.serve(configMaps(), target, aRequest(query), response);
    const types = (): unknown[] => lines.map((line) => JSON.parse(line).type);
    return { hub, response, types };
  };

  test('that asked for bookmarks gets one an interval, another none', () => {
    const asked = openWatch('watch=1&allowWatchBookmarks=true');
    jest.advanceTimersByTime(bookmarkIntervalMs - 1);
    expect(asked.types()).toEqual([]);
    jest.advanceTimersByTime(bookmarkIntervalMs + 1);
    expect(asked.types()).toEqual(['BOOKMARK', 'BOOKMARK']);
    asked.hub.stop();
    const silent = openWatch('watch=1');
    jest.advanceTimersByTime(bookmarkIntervalMs * 3);
    expect(silent.types()).toEqual([]);
    silent.hub.stop();
  });

  test('ends after the time it names, and after half an hour when it names none', () => {
    const short = openWatch('watch=1&timeoutSeconds=7');
    jest.advanceTimersByTime(6_999);
    expect([short.hub.count, short.response.writableEnded]).toEqual([1, false]);
    jest.advanceTimersByTime(1);
    expect([short.hub.count, short.response.writableEnded]).toEqual([0, true]);
    const long = openWatch('watch=1&allowWatchBookmarks=true');
    jest.advanceTimersByTime(watchTimeoutMs - 1);
    expect(long.response.writableEnded).toBe(false);
    jest.advanceTimersByTime(1);
    expect(long.response.writableEnded).toBe(true);
    expect(long.types().at(-1)).toBe('BOOKMARK');
  });
});

/** An API server of one kind for the reflector's torture: real HTTP, a version history, and faults on demand. */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubeObject } from '../resource.ts';

interface HistoryEntry {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

export interface FakeApiServer {
  readonly config: KubeConfig;
  put(name: string, data?: string): void;
  remove(name: string): void;
  /** Forgets history: watches from before get 410. */
  compact(): void;
  /** Cuts every open watch; `bytes` of a half-written event go out first. */
  cutWatches(half?: boolean): void;
  bookmark(): void;
  /** Sends a whole line that is no event. */
  garble(): void;
  /** Status and Retry-After seconds the next requests are answered with, one each. */
  failNext(...faults: readonly { status: number; retryAfter?: number }[]): void;
  /** Names and data of what there is. */
  state(): Readonly<Record<string, string>>;
  readonly requests: readonly string[];
  openWatches(): number;
  stop(): Promise<void>;
}

export async function startFakeApiServer(): Promise<FakeApiServer> {
  const objects = new Map<string, KubeObject>();
  let history: HistoryEntry[] = [];
  let [version, compactedVersion] = [100, 0];
  const watches = new Set<http.ServerResponse>();
  const requests: string[] = [];
  const faults: { status: number; retryAfter?: number }[] = [];

  const record = (type: HistoryEntry['type'], object: KubeObject): void => {
    history.push({ version, type, object });
    for (const watch of watches) watch.write(`${JSON.stringify({ type, object })}\n`);
  };

  const statusOf = (code: number, reason: string): string =>
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `injected ${code}` });

  const list = (url: URL, response: http.ServerResponse): void => {
    const limit = Number(url.searchParams.get('limit') ?? 0) || Number.MAX_SAFE_INTEGER;
    const start = Number(url.searchParams.get('continue') ?? 0);
    const all = [...objects.values()];
    const items = all.slice(start, start + Math.min(limit, 2)).map(({ metadata }) => ({ metadata }));
    const next = start + items.length < all.length ? { continue: String(start + items.length) } : {};
    response.end(
      JSON.stringify({ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: String(version), ...next }, items }),
    );
  };

  const watch = (url: URL, response: http.ServerResponse): void => {
    const from = Number(url.searchParams.get('resourceVersion') ?? 0);
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    if (url.searchParams.get('sendInitialEvents') === 'true') {
      for (const object of objects.values()) response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
      const metadata = { resourceVersion: String(version), annotations: { 'k8s.io/initial-events-end': 'true' } };
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1', metadata } })}\n`);
    } else if (from < compactedVersion) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: JSON.parse(statusOf(410, 'Expired')) })}\n`);
      return;
    } else {
      const missed = history.filter((entry) => entry.version > from);
      for (const { type, object } of missed) response.write(`${JSON.stringify({ type, object })}\n`);
    }
    watches.add(response);
    response.on('close', () => watches.delete(response));
  };

  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const fault = faults.shift();
    if (fault !== undefined) {
      if (fault.retryAfter !== undefined) response.setHeader('Retry-After', String(fault.retryAfter));
      response.writeHead(fault.status).end(statusOf(fault.status, fault.status === 429 ? 'TooManyRequests' : 'InternalError'));
      return;
    }
    const url = new URL(request.url ?? '/', 'http://fake');
    if (url.searchParams.get('watch') === 'true') watch(url, response);
    else list(url, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'fake', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }, { name: 'nobody' });

  return {
    config,
    requests,
    put(name, data = '') {
      version++;
      const previous = objects.get(name);
      const uid = previous?.metadata.uid ?? `uid-${version}`;
      const metadata = { name, namespace: 'default', uid, resourceVersion: String(version), creationTimestamp: '2026-01-01T00:00:00Z' };
      const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, annotations: { data } } };
      objects.set(name, object);
      record(previous === undefined ? 'ADDED' : 'MODIFIED', object);
    },
    remove(name) {
      const previous = objects.get(name);
      if (previous === undefined) return;
      version++;
      objects.delete(name);
      record('DELETED', { ...previous, metadata: { ...previous.metadata, resourceVersion: String(version) } });
    },
    compact() {
      history = [];
      compactedVersion = version;
    },
    cutWatches(half = false) {
      for (const response of watches) {
        if (half) response.write('{"type":"ADDED","object":{"meta');
        response.socket?.destroy();
      }
      watches.clear();
    },
    bookmark() {
      const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { resourceVersion: String(version) } };
      for (const response of watches) response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    },
    garble: () => void [...watches].map((response) => response.write('{"type":"ADDED"}\n')),
    failNext: (...next) => void faults.push(...next),
    state: () => Object.fromEntries([...objects].map(([name, object]) => [name, object.metadata.annotations?.['data'] ?? ''])),
    openWatches: () => watches.size,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SCRAPE_TIMEOUT_MS } from './limits.ts';
import type { MetricsRegistry } from './registry.ts';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface MetricsServerOptions {
  readonly registry: MetricsRegistry;
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Answers /readyz; /healthz is true for as long as the process answers. */
  readonly isReady: () => boolean;
}

/** Serves /metrics, /healthz and /readyz over plain HTTP: nothing in them is confidential, and the pod's network policy bounds who asks. */
export async function serveMetrics({ registry, address, port, isReady }: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://local').pathname;
    const answer = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'content-type': type }).end(text);
    };
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'only GET\n');
    if (path === '/healthz') return answer(200, 'ok\n');
    if (path === '/readyz') return isReady() ? answer(200, 'ok\n') : answer(503, 'not ready\n');
    if (path !== '/metrics') return answer(404, 'try /metrics\n');
    registry.text().then(
      (text) => answer(200, text, registry.contentType),
      () => answer(500, 'metrics could not be collected\n'),
    );
  });
  server.requestTimeout = SCRAPE_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    port: bound.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** HTTP to one API server: keep-alive, credentials from a kubeconfig, 429 honoured, bodies bounded. */

import http from 'node:http';
import https from 'node:https';
import { ApiError, apiErrorOf } from './api-error.ts';
import { type Clock, sleep, systemClock } from './clock.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { requestTimeoutMs, responseBytesMax, retryAfterDefaultMs, retryAfterMsMax, throttledRetriesMax } from './limits.ts';
import { type MetricsSink, noMetrics } from './metrics.ts';

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with its query, from the server's root. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Beside the credentials, which they cannot replace. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly signal?: AbortSignal | undefined;
  /** Repeating it cannot do harm: sent again when a kept-alive connection turns out dead. */
  readonly idempotent: boolean;
}

export interface TransportOptions {
  readonly clock?: Clock;
  readonly metrics?: MetricsSink;
}

export interface Transport {
  /** Sends, reads the whole answer; throws ApiError for anything but 2xx. */
  send(request: TransportRequest): Promise<string>;
  /** Sends, returns the answer's stream once its head is 2xx; throws ApiError otherwise. The caller destroys the stream. */
  open(request: TransportRequest): Promise<http.IncomingMessage>;
  /** Ends idle connections; running calls finish. */
  close(): void;
}

/** How long credentials read from files and exec plugins are used before they are asked for again. */
const credentialsMs = 30_000;

/** A call with all its repeats and the whole of its answer. */
const callMsMax = requestTimeoutMs + retryAfterMsMax * throttledRetriesMax;

interface Endpoint {
  readonly options: https.RequestOptions;
  readonly expiresUnixMs: number;
}

/**
 * Opens no connection by itself.
 *
 * @throws ApiError `ConnectionFailed` from calls when the server cannot be reached or does not answer in time.
 */
export function createTransport(config: ClusterAccess, { clock = systemClock, metrics = noMetrics }: TransportOptions = {}): Transport {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig has no current cluster');
  const server = new URL(cluster.server);
  const secure = server.protocol === 'https:';
  const agent = secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  let endpoint: Endpoint | undefined;

  const optionsOf = async (): Promise<https.RequestOptions> => {
    if (endpoint === undefined || clock.nowUnixMs() >= endpoint.expiresUnixMs) {
      const options: https.RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(options);
      if (!cluster.proxyUrl) options.agent = agent;
      endpoint = { options, expiresUnixMs: clock.nowUnixMs() + credentialsMs };
    }
    return endpoint.options;
  };

  const exchange = async (request: TransportRequest): Promise<http.IncomingMessage> => {
    const options = await optionsOf();
    const payload = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const credentials = options.headers as http.OutgoingHttpHeaders | undefined;
    const headers: http.OutgoingHttpHeaders = { ...listed(request.headers), ...credentials, Accept: 'application/json' };
    if (payload !== undefined)
      Object.assign(headers, { 'Content-Type': request.contentType ?? 'application/json', 'Content-Length': payload.byteLength });
    const path = `${server.pathname.replace(/\/$/, '')}${request.path}`;
    const target = { ...options, headers, path, method: request.method, host: server.hostname, port: server.port || (secure ? 443 : 80) };
    const tell = counterOf(request.method, metrics, clock);
    try {
      const response = await exchangeFresh(secure ? https : http, target, payload, request);
      tell(String(response.statusCode ?? 0));
      return response;
    } catch (error) {
      tell('<error>');
      throw connectionError(server.host, request, error);
    }
  };

  const open = async (request: TransportRequest): Promise<http.IncomingMessage> => {
    for (let retries = 0; ; retries++) {
      const response = await exchange(request);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return response;
      const error = apiErrorOf(status, await readAll(response), response.headers['retry-after']);
      // Credentials may have been rotated under us (a bound token, a client certificate): read them again for the next call.
      if (status === 401) endpoint = undefined;
      const throttled = status === 429 || (status === 503 && error.retryAfterMs !== undefined);
      const waitMs = error.retryAfterMs ?? retryAfterDefaultMs;
      if (!throttled || retries >= throttledRetriesMax || waitMs > retryAfterMsMax) throw error;
      if (!(await sleep(clock, waitMs, request.signal))) throw error;
    }
  };

  return {
    open,
    async send(request) {
      const timeout = new AbortController();
      const cancel = clock.setTimer(callMsMax, () => timeout.abort(new Error(`no whole answer within ${callMsMax} ms`)));
      const signal = request.signal === undefined ? timeout.signal : AbortSignal.any([timeout.signal, request.signal]);
      try {
        return await readAll(await open({ ...request, signal }));
      } catch (error) {
        throw error instanceof ApiError ? error : connectionError(server.host, request, error);
      } finally {
        cancel();
      }
    },
    close: () => agent.destroy(),
  };
}

function listed(headers: TransportRequest['headers'] = {}): http.OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]));
}

/** Counts one request under client-go's names, once its code is known. */
function counterOf(method: string, metrics: MetricsSink, clock: Clock): (code: string) => void {
  const startedMs = clock.monotonicMs();
  return (code) => {
    metrics.count('rest_client_requests_total', { method, code }, 1);
    metrics.observe('rest_client_request_duration_seconds', { verb: method }, (clock.monotonicMs() - startedMs) / 1000);
  };
}

/** The peer had closed a kept-alive connection before it took our request. */
class StaleConnection extends Error {}

interface HttpClient {
  request(options: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void): http.ClientRequest;
}

/** Kept-alive connections that may all have died together, in tries. */
const staleConnectionsMax = 3;

async function exchangeFresh(
  client: HttpClient,
  target: https.RequestOptions,
  payload: Buffer | undefined,
  { idempotent, signal }: TransportRequest,
): Promise<http.IncomingMessage> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await exchangeOnce(client, target, payload, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection) || !idempotent || attempt >= staleConnectionsMax) throw error;
    }
  }
}

function exchangeOnce(
  client: HttpClient,
  target: https.RequestOptions,
  payload: Buffer | undefined,
  signal: AbortSignal | undefined,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = client.request(signal === undefined ? target : { ...target, signal }, (response) => {
      request.setTimeout(0);
      resolve(response);
    });
    request.setTimeout(requestTimeoutMs, () => request.destroy(new Error(`no answer within ${requestTimeoutMs} ms`)));
    request.once('error', (error: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(stale ? new StaleConnection(error.message, { cause: error }) : error);
    });
    request.end(payload);
  });
}

async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > responseBytesMax) throw new Error(`answer is larger than ${responseBytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function connectionError(host: string, request: TransportRequest, cause: unknown): ApiError {
  const text = cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
  const message = `${request.method} ${request.path} at ${host}: ${text}`;
  return new ApiError({ status: 0, reason: 'ConnectionFailed', message, cause });
}

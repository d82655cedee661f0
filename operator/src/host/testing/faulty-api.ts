/** A proxy in front of an API server that fails as real ones do, by a seed. */

import http from 'node:http';
import https, { type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PassThrough, Transform } from 'node:stream';
import { createKubeClient, type KubeClient, readKubeConfigFile } from '@civitas/kube';
import { seededRandom } from '@civitas/testkit';

/**
 * `lost`: the request never arrives. `unheard`: it is done, and its answer never comes. `slow`: the answer comes late. `cut`: a
 * watch ends in the middle of a line. `stale`: a watch tells everything late, so that what is read from its cache is of the past.
 * `old`: a get or a list is answered as it was before the last change, as by an API server that lags behind.
 */
export const FAULTS = ['409', '410', '429', '500', '503', 'lost', 'unheard', 'slow', 'cut', 'stale', 'old'] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultyApi {
  readonly client: KubeClient;
  /** How often each fault was made. */
  readonly made: Readonly<Record<Fault, number>>;
  /** From now on nothing fails. */
  heal(): void;
  stop(): Promise<void>;
}

const REASONS: Readonly<Record<string, string>> = {
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};
/** Longest time a connection hangs before it breaks, and that a watch lives before it is cut. */
const HANG_MS = 40;
const CUT_MS = 400;
/** Longest time an answer, and each event of a watch, is late. */
const LATE_MS = 600;
/** What a watch may suffer, and what any other request may. */
const OF_WATCHES: ReadonlySet<Fault> = new Set(['410', '429', '500', '503', 'lost', 'cut', 'stale']);
const OF_OTHERS: ReadonlySet<Fault> = new Set(['409', '429', '500', '503', 'lost', 'unheard', 'slow', 'old']);

export interface FaultyApiOptions {
  readonly seed: number;
  /** Share of requests that fail, 0 … 1. */
  readonly rate: number;
  /** Only these; default all. */
  readonly faults?: readonly Fault[];
}

export async function startFaultyApi(kubeconfigPath: string, { seed, rate, faults = FAULTS }: FaultyApiOptions): Promise<FaultyApi> {
  const access = readKubeConfigFile(kubeconfigPath);
  const credentials: RequestOptions = {};
  await access.applyToHTTPSOptions(credentials);
  const target = new URL(access.getCurrentCluster()?.server ?? '');
  const random = seededRandom(seed).nextFraction;
  const made: Record<Fault, number> = { 409: 0, 410: 0, 429: 0, 500: 0, 503: 0, lost: 0, unheard: 0, slow: 0, cut: 0, stale: 0, old: 0 };
  const past = new PastAnswers();
  let isHealed = false;

  const chooseFault = (request: http.IncomingMessage): Fault | undefined =>
    isHealed || random() >= rate ? undefined : faultFor(request, { faults, past, random });

  const server = http.createServer((request, response) => {
    const fault = chooseFault(request);
    const hangUp = (): void => void request.socket.destroy();
    if (fault !== undefined) made[fault]++;
    if (fault === 'lost') {
      setTimeout(hangUp, random() * HANG_MS);
      return;
    }
    if (fault !== undefined && fault in REASONS) {
      request.resume();
      refuse(response, Number(fault), random() < 0.2 ? '1' : '0');
      return;
    }
    const before = fault === 'old' ? past.of(request.url ?? '') : undefined;
    if (before !== undefined) return void response.writeHead(200, { 'Content-Type': 'application/json' }).end(before);
    const lateMs = random() * LATE_MS;
    const relay = (answer: http.IncomingMessage): void => {
      if (fault === 'unheard') {
        answer.resume();
        answer.once('end', () => setTimeout(hangUp, random() * HANG_MS));
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (request.method === 'GET' && answer.statusCode === 200 && request.url?.includes('watch=true') !== true)
        past.note(request.url ?? '', answer);
      answer.pipe(fault === 'stale' ? lateBy(lateMs) : new PassThrough()).pipe(response);
      if (fault !== 'cut') return;
      setTimeout(() => {
        response.write('{"type":"MODIFIED","object":{"meta');
        hangUp();
      }, random() * CUT_MS);
    };
    const onAnswer = (answer: http.IncomingMessage): void => void setTimeout(() => relay(answer), fault === 'slow' ? lateMs : 0);
    forward({ credentials, target }, request, { onAnswer, onError: hangUp });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = createKubeClient({
    ...access,
    getCurrentCluster: () => ({ server: `http://127.0.0.1:${port}` }),
    applyToHTTPSOptions: () => Promise.resolve(),
  });
  return {
    client,
    made,
    heal: () => {
      isHealed = true;
    },
    async stop() {
      client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Choice {
  readonly faults: readonly Fault[];
  readonly past: PastAnswers;
  readonly random: () => number;
}

/** One that such a request may suffer; an old answer only where there was another one before. */
function faultFor({ url = '', method }: http.IncomingMessage, { faults, past, random }: Choice): Fault | undefined {
  const isWatch = url.includes('watch=true');
  const known = isWatch || method !== 'GET' ? undefined : past.of(url);
  const fitting = faults.filter((fault) => (isWatch ? OF_WATCHES : OF_OTHERS).has(fault) && (fault !== 'old' || known !== undefined));
  const fault = fitting[Math.floor(random() * fitting.length)];
  // An answer that reads Conflict is only given to writes.
  return fault === '409' && method === 'GET' ? '500' : fault;
}

/** The two latest different answers to each get and list. */
class PastAnswers {
  readonly #byPath = new Map<string, readonly string[]>();

  note(path: string, answer: http.IncomingMessage): void {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.once('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const [latest, ...earlier] = this.#byPath.get(path) ?? [];
      if (text !== latest) this.#byPath.set(path, [text, ...(latest === undefined ? earlier : [latest])]);
    });
  }

  /** As it was before the last change that was seen; undefined before there was one. */
  of(path: string): string | undefined {
    return this.#byPath.get(path)?.[1];
  }
}

interface Ends {
  readonly onAnswer: (answer: http.IncomingMessage) => void;
  readonly onError: () => void;
}

function forward({ credentials, target }: { credentials: RequestOptions; target: URL }, request: http.IncomingMessage, ends: Ends): void {
  const options = { ...credentials, host: target.hostname, port: target.port, path: request.url, method: request.method };
  const onward = https.request({ ...options, headers: { ...request.headers, host: target.host }, agent: false }, ends.onAnswer);
  onward.on('error', ends.onError);
  request.pipe(onward);
  const { socket } = request;
  const abandon = (): void => void onward.destroy();
  socket.once('close', abandon);
  onward.once('close', () => socket.off('close', abandon));
}

/** Passes everything on in its order, each piece this much later than it came. */
function lateBy(ms: number): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => void setTimeout(() => done(null, chunk), ms),
  });
}

function refuse(response: http.ServerResponse, code: number, retryAfterSeconds: string): void {
  if (code === 429) response.setHeader('Retry-After', retryAfterSeconds);
  const reason = REASONS[code] ?? 'InternalError';
  response.writeHead(code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `injected ${reason}` }));
}

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { isObject, type Json, type JsonObject, objectsAt, stringAt } from '../json.ts';
import { type ApiServer, startApiServer } from '../server.ts';

/** A refused call: what the test expected to be told. */
interface Reply {
  readonly code: number;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface CallOptions {
  readonly body?: Json | string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly token?: string;
  readonly as?: string;
  readonly isAnonymous?: boolean;
}

export interface TestServer {
  readonly server: ApiServer;
  readonly home: string;
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** Follows a watch; `next` waits for one event. */
  watch(path: string, options?: CallOptions): WatchReader;
  /** Stops the server and starts it again on the same home. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface WatchReader {
  next(): Promise<JsonObject | undefined>;
  close(): void;
}

const silent = { info: () => undefined, error: (facts: object, message: string) => console.error(message, facts) };

/** A server of its own home and address; every call goes over HTTPS with the administrator's certificate unless told otherwise. */
export async function startTestServer(address: string): Promise<TestServer> {
  const home = await mkdtemp(join(tmpdir(), 'civitas-api-'));
  const start = (): Promise<ApiServer> => startApiServer({ home, address, port: 0, serviceCidr: '127.40.7.0/24', log: silent });
  let server = await start();
  return {
    get server() {
      return server;
    },
    home,
    call: (method, path, options = {}) => call(server, { method, path }, options),
    watch: (path, options = {}) => openWatch(server, path, options),
    restart: async () => {
      await server.stop();
      server = await start();
    },
    stop: async () => {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function adminCredential(server: ApiServer): { cert: Buffer; key: Buffer } {
  const config: Json = parseYaml(readFileSync(server.kubeconfigPath, 'utf8'));
  const user = objectsAt(config, 'users')[0];
  const decode = (field: string): Buffer => Buffer.from(stringAt(user, 'user', field), 'base64');
  return { cert: decode('client-certificate-data'), key: decode('client-key-data') };
}

function open(server: ApiServer, at: { method: string; path: string }, options: CallOptions) {
  const url = new URL(at.path, server.url);
  const isBare = options.token !== undefined || options.isAnonymous === true;
  return httpsRequest(url, {
    method: at.method,
    ca: server.caPem,
    ...(isBare ? {} : adminCredential(server)),
    agent: false,
    headers: {
      'user-agent': 'test/1',
      ...(options.body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
      ...(options.accept === undefined ? {} : { accept: options.accept }),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.as === undefined ? {} : { 'impersonate-user': options.as }),
    },
  });
}

function call(server: ApiServer, at: { method: string; path: string }, options: CallOptions): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = open(server, at, options);
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const parsed: Json = /json/.test(response.headers['content-type'] ?? '') && text !== '' ? JSON.parse(text) : { text };
        resolve({ code: response.statusCode ?? 0, body: isObject(parsed) ? parsed : { value: parsed }, headers: response.headers });
      });
    });
    const body = options.body === undefined ? '' : typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    // Node frames no body of a DELETE by itself.
    if (body !== '') request.setHeader('content-length', Buffer.byteLength(body));
    request.end(body);
  });
}

function openWatch(server: ApiServer, path: string, options: CallOptions): WatchReader {
  const events: (JsonObject | undefined)[] = [];
  const waiting: ((event: JsonObject | undefined) => void)[] = [];
  const push = (event: JsonObject | undefined): void => {
    const resolve = waiting.shift();
    if (resolve === undefined) events.push(event);
    else resolve(event);
  };
  const request = open(server, { method: 'GET', path }, options);
  request.on('error', () => push(undefined));
  request.on('response', (response) => {
    let rest = '';
    response.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event: Json = JSON.parse(line);
        push(isObject(event) ? event : undefined);
      }
    });
    response.on('end', () => push(undefined));
    response.on('error', () => push(undefined));
  });
  request.end();
  return {
    next: () => (events.length > 0 ? Promise.resolve(events.shift()) : new Promise((resolve) => waiting.push(resolve))),
    close: () => request.destroy(),
  };
}

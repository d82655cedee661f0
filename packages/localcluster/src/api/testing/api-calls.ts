import { request as httpsRequest } from 'node:https';
import { isObject, type Json, type JsonObject } from '../json.ts';

/** An answer, also a refusal: what a test expects to be told. */
export interface Reply {
  readonly code: number;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface CallOptions {
  readonly body?: Json | string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly token?: string;
  readonly as?: string;
  /** Further Impersonate-* headers by the part after `Impersonate-`. */
  readonly asWith?: Readonly<Record<string, readonly string[]>>;
  readonly isAnonymous?: boolean;
}

export interface WatchReader {
  next(): Promise<JsonObject | undefined>;
  close(): void;
}

/** Calls to one API server over HTTPS, with the administrator's certificate unless told otherwise. */
export interface ApiCalls {
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** Follows a watch; `next` waits for one event, and is undefined once the watch has ended. */
  watch(path: string, options?: CallOptions): WatchReader;
}

export interface ApiAccess {
  readonly url: string;
  readonly caPem: string;
  readonly admin: { readonly cert: string; readonly key: string };
}

/** @param access asked at each call: a server that started again may have moved. */
export function createApiCalls(access: () => ApiAccess): ApiCalls {
  return {
    call: (method, path, options = {}) => call(access(), { method, path }, options),
    watch: (path, options = {}) => openWatch(access(), path, options),
  };
}

function open(access: ApiAccess, at: { method: string; path: string }, options: CallOptions) {
  const isBare = options.token !== undefined || options.isAnonymous === true;
  return httpsRequest(new URL(at.path, access.url), {
    method: at.method,
    ca: access.caPem,
    ...(isBare ? {} : access.admin),
    agent: false,
    headers: {
      'user-agent': 'test/1',
      ...(options.body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
      ...(options.accept === undefined ? {} : { accept: options.accept }),
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.as === undefined ? {} : { 'impersonate-user': options.as }),
      ...Object.fromEntries(Object.entries(options.asWith ?? {}).map(([part, values]) => [`impersonate-${part}`, [...values]])),
    },
  });
}

function call(access: ApiAccess, at: { method: string; path: string }, options: CallOptions): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = open(access, at, options);
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        // The real server calls the index of its schemas text.
        const isJson = /json/.test(response.headers['content-type'] ?? '') || text.startsWith('{');
        const parsed: Json = isJson && text !== '' ? JSON.parse(text) : { text };
        resolve({ code: response.statusCode ?? 0, body: isObject(parsed) ? parsed : { value: parsed }, headers: response.headers });
      });
    });
    const body = options.body === undefined ? '' : typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    // Node frames no body of a DELETE by itself.
    if (body !== '') request.setHeader('content-length', Buffer.byteLength(body));
    request.end(body);
  });
}

function openWatch(access: ApiAccess, path: string, options: CallOptions): WatchReader {
  const events: (JsonObject | undefined)[] = [];
  const waiting: ((event: JsonObject | undefined) => void)[] = [];
  const push = (event: JsonObject | undefined): void => {
    const resolve = waiting.shift();
    if (resolve === undefined) events.push(event);
    else resolve(event);
  };
  const request = open(access, { method: 'GET', path }, options);
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

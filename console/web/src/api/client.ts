import { ApiProblem, asksForStepUp, Disconnected, problemOf, SessionEnded, StepUpNeeded } from './problem.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ApiRequest {
  readonly method: Method;
  /** Below /api/v1, with its query. */
  readonly path: string;
  readonly body?: object | undefined;
  /** One for one intention: a repeat of the same request is carried out once. */
  readonly idempotencyKey?: string | undefined;
  readonly ifMatch?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiAnswer<Value> {
  readonly value: Value;
  readonly etag: string | undefined;
}

/** Speaks to the API as the person who is signed in. */
export interface ApiClient {
  /**
   * @throws ApiProblem as the API refuses; SessionEnded; StepUpNeeded; Disconnected.
   */
  send<Value>(request: ApiRequest): Promise<ApiAnswer<Value>>;
  /** The answer as it comes, for streams and files. */
  open(request: ApiRequest, headers: Readonly<Record<string, string>>): Promise<Response>;
}

export const API_PREFIX = '/api/v1';
/** A read that takes longer is given up and asked again, ms: pages ask for nothing twice at a time, so one that hangs would stop them. */
export const READ_MS_MAX = 20_000;

/**
 * @param fetchToken A token for each request, undefined when the session is over; rejects when the identity provider is out of reach.
 */
export function createApiClient(fetchToken: () => Promise<string | undefined>, fetchImpl: typeof fetch = fetch): ApiClient {
  async function open(request: ApiRequest, headers: Readonly<Record<string, string>>): Promise<Response> {
    const token = await fetchToken().catch((error: unknown) => {
      throw new Disconnected(error);
    });
    if (token === undefined) throw new SessionEnded();
    const response = await reach(fetchImpl, request, { ...headers, authorization: `Bearer ${token}` });
    if (response.ok) return response;
    if (asksForStepUp(response.status, response.headers.get('www-authenticate'))) throw new StepUpNeeded();
    if (response.status === 401) throw new SessionEnded();
    const problem = problemOf(response.status, await orDisconnected(request, () => bodyOf(response)));
    // A proxy before a console that is away answers for it.
    throw [502, 504].includes(problem.status) && problem.code.startsWith('HTTP_') ? new Disconnected(problem) : problem;
  }
  return {
    open,
    send(request: ApiRequest) {
      return withinTime(request, async (bounded) => {
        const response = await open(bounded, { accept: 'application/json' });
        const value = response.status === 204 ? undefined : await orDisconnected(bounded, () => bodyOf(response));
        return { value: value as never, etag: response.headers.get('etag') ?? undefined };
      });
    },
  };
}

/** Ends a read that takes too long; what changes something is ended by the server alone, which knows whether it was done. */
async function withinTime<Answer>(request: ApiRequest, send: (request: ApiRequest) => Promise<Answer>): Promise<Answer> {
  if (request.method !== 'GET') return send(request);
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Disconnected(new Error(`no answer within ${READ_MS_MAX} ms`)));
      stop.abort();
    }, READ_MS_MAX);
  });
  const signal = request.signal === undefined ? stop.signal : AbortSignal.any([request.signal, stop.signal]);
  try {
    return await Promise.race([send({ ...request, signal }), late]);
  } finally {
    clearTimeout(timer);
  }
}

function reach(fetchImpl: typeof fetch, request: ApiRequest, headers: Readonly<Record<string, string>>): Promise<Response> {
  const { method, path, body, idempotencyKey, ifMatch, signal } = request;
  return orDisconnected(request, () =>
    fetchImpl(`${API_PREFIX}${path}`, {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
      credentials: 'omit',
      cache: 'no-store',
    }),
  );
}

/** Whatever fetch throws means that the server is out of reach, unless who asked does not want it any more. */
async function orDisconnected<Value>({ signal }: ApiRequest, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Disconnected(error);
  }
}

/** Undefined for what is no JSON. @throws when the answer is cut before its end. */
async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether another try may succeed: only what never reached the server or was too much for it now. */
export function isWorthRetrying(error: unknown): boolean {
  return error instanceof Disconnected || (error instanceof ApiProblem && (error.status === 429 || error.status === 503));
}

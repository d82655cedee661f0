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
    const problem = problemOf(response.status, await bodyOf(response));
    // A proxy before a console that is away answers for it.
    throw [502, 504].includes(problem.status) && problem.code.startsWith('HTTP_') ? new Disconnected(problem) : problem;
  }
  return {
    open,
    async send(request: ApiRequest) {
      const response = await open(request, { accept: 'application/json' });
      const value = response.status === 204 ? undefined : await bodyOf(response);
      return { value: value as never, etag: response.headers.get('etag') ?? undefined };
    },
  };
}

async function reach(fetchImpl: typeof fetch, request: ApiRequest, headers: Readonly<Record<string, string>>): Promise<Response> {
  const { method, path, body, idempotencyKey, ifMatch, signal } = request;
  try {
    return await fetchImpl(`${API_PREFIX}${path}`, {
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
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Disconnected(error);
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

/** Whether another try may succeed: only what never reached the server or was too much for it now. */
export function isWorthRetrying(error: unknown): boolean {
  return error instanceof Disconnected || (error instanceof ApiProblem && (error.status === 429 || error.status === 503));
}

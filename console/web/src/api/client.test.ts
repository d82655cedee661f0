import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createApiClient, READ_MS_MAX } from './client.ts';
import { ApiProblem, Disconnected, SessionEnded, StepUpNeeded } from './problem.ts';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A client whose requests are answered by `answer`, and what it sent. */
function aClient(
  answer: () => Promise<Response>,
  token: string | undefined = 't',
): { readonly client: ReturnType<typeof createApiClient>; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const fetchImpl: typeof fetch = (url, init = {}) => {
    sent.push({ url: String(url), init });
    return answer();
  };
  return { client: createApiClient(async () => token, fetchImpl), sent };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(new Response(JSON.stringify(body), { status, headers }));

describe('requests to the API', () => {
  test('carry the token, the key of the intention and what was seen, and no cookies', async () => {
    const { client, sent } = aClient(() => json(200, { name: 'x' }, { etag: '"7"' }));
    const answer = await client.send<{ name: string }>({
      method: 'PATCH',
      path: '/agencies/x',
      body: { a: 1 },
      idempotencyKey: 'k',
      ifMatch: '"6"',
    });
    expect(answer).toEqual({ value: { name: 'x' }, etag: '"7"' });
    expect(sent[0]?.url).toBe('/api/v1/agencies/x');
    expect(sent[0]?.init).toMatchObject({ method: 'PATCH', body: '{"a":1}', credentials: 'omit' });
    expect(sent[0]?.init.headers).toMatchObject({
      authorization: 'Bearer t',
      'idempotency-key': 'k',
      'if-match': '"6"',
      'content-type': 'application/json',
    });
  });

  test('without a session are not sent', async () => {
    const sent: string[] = [];
    const client = createApiClient(
      async () => undefined,
      async (url) => {
        sent.push(String(url));
        return new Response();
      },
    );
    await expect(client.send({ method: 'GET', path: '/me' })).rejects.toThrow(SessionEnded);
    expect(sent).toEqual([]);
  });

  test.each([
    [
      'a second factor',
      () => json(401, {}, { 'www-authenticate': 'Bearer error="insufficient_user_authentication", acr_values="2"' }),
      StepUpNeeded,
    ],
    ['a new sign-in', () => json(401, { code: 'TOKEN_REFUSED' }), SessionEnded],
    ['what is refused', () => json(403, { code: 'FORBIDDEN' }), ApiProblem],
    ['a proxy whose console is away', () => Promise.resolve(new Response('<html>', { status: 502 })), Disconnected],
    ['a cut network', () => Promise.reject(new TypeError('fetch failed')), Disconnected],
  ])('that meet %s say so', async (_name, answer, kind) => {
    await expect(aClient(answer).client.send({ method: 'GET', path: '/me' })).rejects.toThrow(kind);
  });

  test('are not sent while the identity provider is out of reach', async () => {
    const client = createApiClient(() => Promise.reject(new TypeError('fetch failed')));
    await expect(client.send({ method: 'GET', path: '/me' })).rejects.toThrow(Disconnected);
  });

  test('whose success has no body give none', async () => {
    const { client } = aClient(() => Promise.resolve(new Response(null, { status: 204 })));
    await expect(client.send({ method: 'DELETE', path: '/agencies/x' })).resolves.toEqual({ value: undefined, etag: undefined });
  });
});

describe('an answer that does not come', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Never answers; ends when it is told to. */
  const hanging: typeof fetch = (_, init) =>
    new Promise((_, reject) => {
      const end = (): void => reject(new DOMException('ended', 'AbortError'));
      if (init?.signal?.aborted === true) end();
      init?.signal?.addEventListener('abort', end);
    });
  const client = createApiClient(async () => 't', hanging);

  test('is given up when a read has waited long enough, as a cut would be', async () => {
    jest.useFakeTimers();
    const isDisconnected = expect(client.send({ method: 'GET', path: '/inbox' })).rejects.toThrow(Disconnected);
    await jest.advanceTimersByTimeAsync(READ_MS_MAX);
    await isDisconnected;
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is given up also when it began and does not end, and when it is cut', async () => {
    const begun = (end: (body: ReadableStreamDefaultController) => void): typeof fetch => {
      const start = (body: ReadableStreamDefaultController): void => {
        body.enqueue(Buffer.from('{"items":'));
        end(body);
      };
      return async () => new Response(new ReadableStream({ start }));
    };
    const read = (fetchImpl: typeof fetch) => createApiClient(async () => 't', fetchImpl).send({ method: 'GET', path: '/inbox' });
    await expect(read(begun((body) => body.error(new TypeError('reset'))))).rejects.toThrow(Disconnected);
    jest.useFakeTimers();
    const isDisconnected = expect(read(begun(() => undefined))).rejects.toThrow(Disconnected);
    await jest.advanceTimersByTimeAsync(READ_MS_MAX);
    await isDisconnected;
  });

  test('is given up at once by who asked, and that is no cut', async () => {
    const stop = new AbortController();
    const sent = client.send({ method: 'GET', path: '/inbox', signal: stop.signal });
    const isAborted = expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    stop.abort();
    await isAborted;
  });

  test('is waited for when something was to be changed', async () => {
    jest.useFakeTimers();
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    void client.send({ method: 'POST', path: '/agencies', body: {} }).then(settle, settle);
    await jest.advanceTimersByTimeAsync(10 * READ_MS_MAX);
    expect(isSettled).toBe(false);
  });
});

import { describe, expect, test } from '@jest/globals';
import { createApiClient } from './client.ts';
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

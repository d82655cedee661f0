import { describe, expect, test } from '@jest/globals';
import { IdentityFault } from '../identity-fault.ts';
import { DIRECTORY_ANSWER_BYTES_MAX, DIRECTORY_TRIES_MAX } from '../limits.ts';
import { type Answer, aToken, isTokenRequest, type SentRequest, scriptedFetch } from '../testing/scripted-fetch.ts';
import { type AdminCall, createAdminRest } from './admin-rest.ts';

const SECRET = 'a secret that no message shows: ü/+&';
const GET: AdminCall = { method: 'GET', path: '/organizations/3f-1/groups', query: { first: '0' } };

function aRest(answerTo: (request: SentRequest, count: number) => Answer) {
  let nowUnixMs = 1_767_225_600_000;
  const waitsMs: number[] = [];
  const script = scriptedFetch((request, count) => (isTokenRequest(request) ? aToken(`token-${count}`) : answerTo(request, count)));
  const clock = {
    nowUnixMs: () => nowUnixMs,
    setTimer(delayMs: number, fire: () => void) {
      waitsMs.push(delayMs);
      nowUnixMs += delayMs;
      queueMicrotask(fire);
      return () => {};
    },
  };
  const credentials = () => ({ clientId: 'civitas-operator', clientSecret: SECRET });
  const rest = createAdminRest({ url: 'https://identity.example', realm: 'city', credentials, clock, fetch: script.fetch });
  const advance = (ms: number): void => {
    nowUnixMs += ms;
  };
  const asked = () => script.sent.filter((request) => !isTokenRequest(request));
  const tokens = () => script.sent.filter(isTokenRequest);
  return { rest, waitsMs, asked, tokens, advance };
}

async function faultOf(work: Promise<unknown>): Promise<IdentityFault> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof IdentityFault)) throw new Error(`expected a fault, got ${String(error)}`);
  return error;
}

describe('a call to the directory', () => {
  test('carries our token and says what was made', async () => {
    const headers = { location: 'https://identity.example/admin/realms/city/organizations/o-7' };
    const { rest, asked, tokens } = aRest(() => new Response('', { status: 201, headers }));
    const answer = await rest.call({ method: 'POST', path: '/organizations', json: { name: 'bank' } });
    expect(answer).toEqual({ status: 201, body: undefined, createdId: 'o-7' });
    expect(asked()[0]).toMatchObject({ method: 'POST', path: '/admin/realms/city/organizations', body: '{"name":"bank"}' });
    expect(asked()[0]?.headers.get('authorization')).toBe('Bearer token-0');
    const basic = Buffer.from(tokens()[0]?.headers.get('authorization')?.slice(6) ?? '', 'base64').toString();
    expect(basic).toBe(`civitas-operator:${new URLSearchParams([['', SECRET]]).toString().slice(1)}`);
  });

  test('asks for a token once for many calls at once, and for another before it ends', async () => {
    const { rest, tokens, advance } = aRest(() => Response.json([]));
    await Promise.all([rest.call(GET), rest.call(GET), rest.call(GET)]);
    advance(260_000);
    await rest.call(GET);
    expect(tokens()).toHaveLength(1);
    advance(20_000);
    await rest.call(GET);
    expect(tokens()).toHaveLength(2);
  });

  test('takes another token once when ours is no longer taken', async () => {
    const { rest, asked, tokens } = aRest(({ headers }) =>
      headers.get('authorization') === 'Bearer token-0' ? new Response('', { status: 401 }) : Response.json([]),
    );
    expect((await rest.call(GET)).status).toBe(200);
    expect([asked().length, tokens().length]).toEqual([2, 2]);
  });

  test('that may be repeated is tried again with growing waits, and then given up', async () => {
    const { rest, asked, waitsMs } = aRest(() => new TypeError('fetch failed'));
    expect((await faultOf(rest.call(GET))).code).toBe('DIRECTORY_UNREACHABLE');
    expect(asked()).toHaveLength(DIRECTORY_TRIES_MAX);
    expect(waitsMs).toEqual([200, 400, 800]);
  });

  test('that makes something is never repeated: it may have been done', async () => {
    const { rest, asked } = aRest(() => new TypeError('fetch failed'));
    expect((await faultOf(rest.call({ method: 'POST', path: '/organizations', json: {} }))).code).toBe('DIRECTORY_UNREACHABLE');
    expect(asked()).toHaveLength(1);
  });

  test.each([502, 503, 504])('is repeated after %i', async (status) => {
    const { rest } = aRest((_, count) => (count < 3 ? new Response('', { status }) : Response.json([])));
    expect((await rest.call(GET)).status).toBe(200);
  });

  test('waits as long as it is told, within its bound', async () => {
    const busy = (after: string) => new Response('', { status: 429, headers: { 'retry-after': after } });
    const { rest, waitsMs } = aRest((_, count) => (count === 1 ? busy('2') : count === 2 ? busy('86400') : Response.json([])));
    await rest.call(GET);
    expect(waitsMs).toEqual([2000, 5000]);
  });

  test.each([
    ['DIRECTORY_CREDENTIALS', 401, ''],
    ['DIRECTORY_DENIED', 403, '{"error":"HTTP 403 Forbidden"}'],
    ['DIRECTORY_BUSY', 429, ''],
    ['DIRECTORY_BUSY', 503, ''],
    ['DIRECTORY_FAILED', 500, '{"error":"unknown_error"}'],
    ['DIRECTORY_MAIL', 500, '{"errorMessage":"Failed to send invite email"}'],
    ['DIRECTORY_FAILED', 418, 'short and stout'],
  ] as const)('faults with %s for status %i', async (code, status, body) => {
    const { rest } = aRest(() => new Response(body, { status }));
    const fault = await faultOf(rest.call(GET));
    expect(fault.code).toBe(code);
    // Neither ids nor secrets nor tokens: it is logged as it is.
    expect(`${fault.message} ${JSON.stringify(fault.facts)}`).not.toMatch(/3f-1|token-|a secret/);
  });

  test.each([400, 404, 409])('returns status %i: it is an answer', async (status) => {
    const { rest } = aRest(() => new Response('{"errorMessage":"no"}', { status }));
    expect(await rest.call(GET)).toMatchObject({ status, body: { errorMessage: 'no' } });
  });

  test('that is answered with more than anybody could want is a fault', async () => {
    const { rest } = aRest(() => new Response(new Uint8Array(DIRECTORY_ANSWER_BYTES_MAX + 1)));
    expect((await faultOf(rest.call(GET))).code).toBe('DIRECTORY_ANSWER');
  });

  test('whose answer breaks off is tried again', async () => {
    const broken = () => new Response(new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) }));
    const { rest } = aRest((_, count) => (count === 1 ? broken() : Response.json([1])));
    expect((await rest.call(GET)).body).toEqual([1]);
  });
});

describe('our own token', () => {
  const withTokens = (answer: () => Answer) => {
    const { fetch } = scriptedFetch(answer);
    const clock = { nowUnixMs: () => 0, setTimer: (_: number, fire: () => void) => (queueMicrotask(fire), () => {}) };
    const credentials = () => ({ clientId: 'civitas-operator', clientSecret: SECRET });
    return createAdminRest({ url: 'https://identity.example', realm: 'city', credentials, clock, fetch });
  };

  test.each<readonly [string, () => Answer]>([
    ['DIRECTORY_CREDENTIALS', () => Response.json({ error: 'unauthorized_client' }, { status: 401 })],
    ['DIRECTORY_CREDENTIALS', () => Response.json({ error: 'invalid_client' }, { status: 400 })],
    ['DIRECTORY_FAILED', () => Response.json({ error: 'Realm does not exist' }, { status: 404 })],
    ['DIRECTORY_FAILED', () => new Response('', { status: 500 })],
    ['DIRECTORY_BUSY', () => new Response('', { status: 503 })],
    ['DIRECTORY_ANSWER', () => new Response('<html>')],
    ['DIRECTORY_ANSWER', () => Response.json({ access_token: 'x', expires_in: -1 })],
    ['DIRECTORY_UNREACHABLE', () => new TypeError('fetch failed')],
  ])('that is not given faults with %s', async (code, answer) => {
    const fault = await faultOf(withTokens(answer).call(GET));
    expect(fault.code).toBe(code);
    expect(fault.message).not.toContain('a secret');
  });
});

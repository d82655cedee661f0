import { describe, expect, test } from '@jest/globals';
import type { ApiClient, ApiRequest } from '../api/client.ts';
import { ApiProblem, Disconnected, SessionEnded, StepUpNeeded } from '../api/problem.ts';
import { keepPendingRequest, PENDING_AGE_MAX_MS, type PendingRequest, takePendingRequest } from '../auth/pending-request.ts';
import { memoryStore } from '../auth/testing/memory-store.ts';
import { type Resumed, resume, sendPending } from './resumption.ts';

const NOW = 1_800_000_000_000;
const PENDING: PendingRequest = {
  method: 'POST',
  path: '/agencies/hospital-1/invitations',
  body: '{"email":"a@b.example"}',
  idempotencyKey: 'key-1',
  ifMatch: undefined,
  keptAtUnixMs: NOW,
  subject: 'person-1',
  description: 'invite a@b.example',
};

/** A tab that comes back from the identity provider, and a server that answers in turn. */
function aTab(...answers: readonly (Error | undefined)[]) {
  return aTabWith(PENDING, ...answers);
}

function aTabWith(pending: PendingRequest, ...answers: readonly (Error | undefined)[]) {
  const store = memoryStore();
  const sent: ApiRequest[] = [];
  const left = [...answers];
  const client: Pick<ApiClient, 'send'> = {
    send: (request) => {
      sent.push(request);
      const error = left.shift();
      return error === undefined ? Promise.resolve({ value: undefined as never, etag: undefined }) : Promise.reject(error);
    },
  };
  const options = (nowUnixMs: number) => ({ client, store, nowUnixMs });
  const start = async (nowUnixMs = NOW): Promise<Resumed | undefined> => {
    const taken = takePendingRequest(store, nowUnixMs, 'person-1');
    return taken === undefined ? undefined : resume(taken, options(nowUnixMs));
  };
  const retry = (nowUnixMs = NOW) => sendPending({ ...pending, wasSent: true }, options(nowUnixMs));
  keepPendingRequest(store, pending);
  return { sent, start, retry };
}

describe('a request that waited for a second factor', () => {
  test('is sent once, as it was asked for', async () => {
    const { sent, start } = aTab(undefined);
    expect(await start()).toEqual({ kind: 'done' });
    expect(await start()).toBeUndefined();
    expect(sent).toEqual([
      { method: 'POST', path: PENDING.path, body: { email: 'a@b.example' }, idempotencyKey: 'key-1', ifMatch: undefined },
    ]);
  });

  test.each([
    ['refused', new ApiProblem(409, 'LEDGER_REFUSED', '', [])],
    ['turned away for its session', new SessionEnded()],
    ['asked for another factor, which would go on for ever', new StepUpNeeded()],
  ])('is not done and forgotten when it is %s', async (_, error) => {
    const { start } = aTab(error);
    expect(await start()).toEqual({ kind: 'failed', error });
    expect(await start()).toBeUndefined();
  });

  test.each([
    ['the network cut', new Disconnected(undefined)],
    ['the server failed', new ApiProblem(500, 'INTERNAL', '', [])],
  ])('may be done when %s, and goes again under the same key, which ends it', async (_, error) => {
    const { sent, start, retry } = aTab(error, error, undefined);
    expect(await start()).toEqual({ kind: 'unknown', mayRetry: true });
    expect(await retry()).toEqual({ kind: 'unknown', mayRetry: true });
    expect(await retry()).toEqual({ kind: 'done' });
    expect(sent.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['key-1', 'key-1', 'key-1']);
    expect(await start()).toBeUndefined();
  });

  test('that may be done is not sent by a reload, which offers it again until it is old', async () => {
    const { sent, start } = aTab(new Disconnected(undefined));
    await start();
    expect(await start(NOW + 1000)).toEqual({ kind: 'unknown', mayRetry: true });
    expect(await start(NOW + PENDING_AGE_MAX_MS + 1)).toEqual({ kind: 'unknown', mayRetry: false });
    expect(await start()).toBeUndefined();
    expect(sent).toHaveLength(1);
  });

  test('that may be done and needs another factor to be sent again is repeated after that', async () => {
    const { sent, start, retry } = aTab(new Disconnected(undefined), new StepUpNeeded(), undefined);
    await start();
    expect(await retry(NOW + PENDING_AGE_MAX_MS)).toEqual({ kind: 'stepUp' });
    expect(await start(NOW + PENDING_AGE_MAX_MS + 1000)).toEqual({ kind: 'done' });
    expect(sent.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['key-1', 'key-1', 'key-1']);
  });

  test('that was to remove something did so when that is gone the second time', async () => {
    const gone = new ApiProblem(404, 'NOT_FOUND', '', []);
    const removal = { ...PENDING, method: 'DELETE', body: undefined } as const;
    const second = aTabWith(removal, new Disconnected(undefined), gone);
    await second.start();
    expect(await second.retry()).toEqual({ kind: 'done' });
    expect(await aTabWith(removal, gone).start()).toEqual({ kind: 'failed', error: gone });
  });

  test('is not sent when the factor took too long, and that is said', async () => {
    const { sent, start } = aTab();
    expect(await start(NOW + PENDING_AGE_MAX_MS + 1)).toEqual({ kind: 'late' });
    expect(await start()).toBeUndefined();
    expect(sent).toEqual([]);
  });
});

import { describe, expect, test } from '@jest/globals';
import { dropPendingRequest, keepPendingRequest, PENDING_AGE_MAX_MS, type PendingRequest, takePendingRequest } from './pending-request.ts';
import { memoryStore } from './testing/memory-store.ts';

const NOW = 1_800_000_000_000;
const aPending = (some: Partial<PendingRequest> = {}): PendingRequest => ({
  method: 'POST',
  path: '/agencies/hospital-1/invitations',
  body: '{"email":"a@b.example"}',
  idempotencyKey: 'key-1',
  ifMatch: undefined,
  keptAtUnixMs: NOW,
  subject: 'person-1',
  description: 'invite a@b.example',
  ...some,
});

describe('a request that waits for a second factor', () => {
  test('is repeated once, by the same person', () => {
    const store = memoryStore();
    keepPendingRequest(store, aPending());
    expect(takePendingRequest(store, NOW + 1000, 'person-1')).toMatchObject({
      pending: { idempotencyKey: 'key-1', method: 'POST' },
      isLate: false,
    });
    expect(takePendingRequest(store, NOW + 1000, 'person-1')).toBeUndefined();
  });

  test('is dropped when somebody else signs in', () => {
    const store = memoryStore();
    keepPendingRequest(store, aPending());
    expect(takePendingRequest(store, NOW, 'person-2')).toBeUndefined();
    expect(takePendingRequest(store, NOW, 'person-1')).toBeUndefined();
  });

  test.each([
    ['too old', NOW + PENDING_AGE_MAX_MS + 1],
    ['from the future', NOW - 1],
  ])('is told to its person as late when it is %s, and to nobody else', (_name, nowUnixMs) => {
    const store = memoryStore();
    keepPendingRequest(store, aPending());
    expect(takePendingRequest(store, nowUnixMs, 'person-1')).toEqual({ pending: aPending(), isLate: true });
    expect(takePendingRequest(store, nowUnixMs, 'person-1')).toBeUndefined();
    keepPendingRequest(store, aPending());
    expect(takePendingRequest(store, nowUnixMs, 'person-2')).toBeUndefined();
  });

  test('goes when its fate is known, and not with that of another', () => {
    const store = memoryStore();
    keepPendingRequest(store, aPending({ wasSent: true }));
    dropPendingRequest(store, 'key-2');
    expect(takePendingRequest(store, NOW, 'person-1')).toMatchObject({ pending: { wasSent: true } });
    keepPendingRequest(store, aPending());
    dropPendingRequest(store, 'key-1');
    expect(takePendingRequest(store, NOW, 'person-1')).toBeUndefined();
  });

  test.each([
    '',
    'null',
    '[]',
    '{',
    '{"method":"GET"}',
    JSON.stringify({ ...aPending(), method: 'GET' }),
    JSON.stringify({ ...aPending(), path: 'https://evil.example' }),
    JSON.stringify({ ...aPending(), wasSent: 'yes' }),
  ])('is dropped when what is kept is %s', (text) => {
    const store = memoryStore();
    store.setItem('civitas.pending-request', text);
    expect(takePendingRequest(store, NOW, 'person-1')).toBeUndefined();
  });
});

import { ErrorInfo } from '@civitas/proto/civitas/node/v1/ledger.ts';
import { fc } from '@civitas/testkit/properties';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect, test } from '@jest/globals';
import { BACKOFF_MAX_MS } from './limits.ts';
import { backoffMs, type RetryPort, withRetry } from './retry.ts';

function aPort(): RetryPort & { pauses: number[] } {
  let now = 0;
  const pauses: number[] = [];
  const pause = async (ms: number): Promise<void> => {
    now += ms;
    pauses.push(ms);
  };
  return { now: () => now, random: () => 0.5, pause, pauses };
}

function anError(code: status, info?: Partial<ErrorInfo>): ServiceError {
  const metadata = new Metadata();
  if (info !== undefined) metadata.set('civitas-error-bin', Buffer.from(ErrorInfo.encode(ErrorInfo.fromPartial(info)).finish()));
  return Object.assign(new Error('call failed'), { code, details: 'call failed', metadata });
}

async function tryWith(errors: readonly unknown[], port = aPort()): Promise<{ answer: unknown; pauses: number[] }> {
  const left = [...errors];
  const call = async (): Promise<string> => {
    const error = left.shift();
    if (error !== undefined) throw error;
    return 'done';
  };
  return { answer: await withRetry(call, { request: 'test', port }), pauses: port.pauses };
}

test('a node that is away is asked again until it is back', async () => {
  const { answer, pauses } = await tryWith([anError(status.UNAVAILABLE), anError(status.UNAVAILABLE)]);
  expect(answer).toBe('done');
  expect(pauses).toHaveLength(2);
});

test('a refusal that says retry waits at least as long as it says', async () => {
  const { pauses } = await tryWith([
    anError(status.RESOURCE_EXHAUSTED, { code: 'OVERLOADED', then: 'retry', factsJson: '{}', retryAfterMs: 1234 }),
  ]);
  expect(pauses).toEqual([1234]);
});

test('a refusal that says drop is final and keeps code and facts', async () => {
  const refused = anError(status.PERMISSION_DENIED, { code: 'NOT_AUTHORISED', then: 'drop', factsJson: '{"role":"bank"}' });
  await expect(tryWith([refused])).rejects.toMatchObject({ refusal: { code: 'NOT_AUTHORISED', facts: { role: 'bank' }, then: 'drop' } });
});

test('a node that stays away is a fault within a minute', async () => {
  const port = aPort();
  const call = async (): Promise<never> => {
    throw anError(status.UNAVAILABLE);
  };
  await expect(withRetry(call, { request: 'city: network', port })).rejects.toMatchObject({
    code: 'CALL_FAILED',
    message: /city: network.*UNAVAILABLE/,
  });
  expect(port.now()).toBeLessThanOrEqual(60_000);
});

test('pauses grow, stay below their bound and honour the server', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(10_000), (attempt, random, atLeast) => {
      const pause = backoffMs(attempt, random, atLeast);
      return pause >= atLeast && pause <= Math.max(atLeast, BACKOFF_MAX_MS);
    }),
  );
});

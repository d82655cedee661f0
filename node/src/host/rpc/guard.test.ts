import { spiffe } from '@civitas/deployment';
import { nodeMetrics, openLogger, openMetricsRegistry } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import { openTokenBuckets } from '../admission/token-bucket.ts';
import { Guard, type ServiceRule } from './guard.ts';
import { DEADLINE_MS_MAX } from './limits.ts';

const CHAIN = 'jincheng-city-1';
const rule: ServiceRule = { service: 'LedgerService', accepts: () => true, membership: true };

function aGuard(): Guard {
  const nowMs = (): number => 0;
  return new Guard({
    chainId: CHAIN,
    members: () => undefined,
    calls: openTokenBuckets({ perSecond: 1, burst: 10, namesMax: 10, nowMs }),
    metrics: openMetricsRegistry({}).register(nodeMetrics),
    log: openLogger({}, 'error', () => undefined),
    nowMs,
  });
}

const aCall = (uri: string, deadlineUnixMs: number) => ({
  getAuthContext: () => ({ sslPeerCertificate: { subjectaltname: `URI:${uri}` } }),
  getDeadline: () => deadlineUnixMs,
});

test('before there is a ledger every call of a member is told to come again with AWAITING_GENESIS', () => {
  const call = aCall(spiffe.client(CHAIN, 'bank-1', 'cli'), 0);

  expect(aGuard().check(call, rule)).toMatchObject({ refusal: { code: 'AWAITING_GENESIS', then: 'retry' } });
  expect(aGuard().check(call, { ...rule, membership: false }).ok).toBe(true);
});

test('a handler that takes longer than the call may last is answered for with DEADLINE', async () => {
  const never = new Promise<never>(() => undefined);

  expect(await aGuard().withDeadline(aCall('', Date.now() + 5), () => never)).toMatchObject({ refusal: { code: 'DEADLINE' } });
});

test('nobody may name a deadline above the longest one', () => {
  const guard = aGuard();

  expect(guard.deadlineMsOf(aCall('', Date.now() + 10 * DEADLINE_MS_MAX))).toBe(DEADLINE_MS_MAX);
  expect(guard.deadlineMsOf(aCall('', Number.POSITIVE_INFINITY))).toBeLessThan(DEADLINE_MS_MAX);
});

import { openMetricsRegistry, operatorMetrics } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import type { ObservedGeneration } from '../../core/plan/authority-state.ts';
import { aNetwork } from '../../core/testing/builders.ts';
import { AuthorityDues } from './authority-dues.ts';

const SINCE_UNIX_MS = 1_000_000;

const one = (generation: number, phase?: ObservedGeneration['phase']): ObservedGeneration => ({
  generation,
  uid: String(generation),
  certificateHash: String(generation),
  phase,
  sinceUnixMs: SINCE_UNIX_MS,
  overlapMs: 60_000,
  operationUID: undefined,
});

test('of several roll-overs the latest is told, and nothing once they are over', async () => {
  const registry = openMetricsRegistry({});
  const dues = new AuthorityDues(registry.register(operatorMetrics).authorityOverdue);
  const look = async (name: string, authorities: readonly ObservedGeneration[]): Promise<string | undefined> => {
    const network = { ...aNetwork(), metadata: { ...aNetwork().metadata, name } };
    dues.look({ network, authorities, nowUnixMs: SINCE_UNIX_MS + 100_000 });
    return told();
  };
  const told = async (): Promise<string | undefined> =>
    (await registry.text()).split('\n').find((line) => line.startsWith('civitas_operator_authority_overdue_seconds'));
  const late = (seconds: number): string => `civitas_operator_authority_overdue_seconds ${seconds}`;

  expect(await told()).toBe(late(0));
  expect(await look('city', [one(1), one(2, 'Trusting')])).toBe(late(40));
  expect(await look('courts', [one(1), one(2, 'Dropping')])).toBe(late(100));
  expect(await look('courts', [one(2)])).toBe(late(40));
  expect(await look('city', [one(1), { ...one(2, 'Reissuing'), overlapMs: 200_000 }])).toBe(late(0));
  await look('city', [one(1), one(2, 'Reissuing')]);
  dues.forget('jincheng/city', SINCE_UNIX_MS);
  expect(await told()).toBe(late(0));
});

import { openMetricsRegistry, operatorMetrics } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import { verdict } from '../../core/plan/verdict.ts';
import { aNetwork } from '../../core/testing/builders.ts';
import { NetworkBirths } from './network-births.ts';

const CREATED = '2026-11-21T10:00:00Z';
const AVAILABLE = [verdict('Available', true, 'Serving', '')];
const STARTING = [verdict('Available', false, 'NodeStarting', '')];

async function opened() {
  const registry = openMetricsRegistry({});
  const metrics = registry.register(operatorMetrics);
  const lines = async (family: string) => (await registry.text()).split('\n').filter((line) => line.startsWith(family));
  return { metrics, lines };
}

const network = { ...aNetwork(), metadata: { ...aNetwork().metadata, creationTimestamp: CREATED } };
const at = (seconds: number, genesisRecord: string | undefined) => ({
  network,
  genesisRecord,
  nowUnixMs: Date.parse(CREATED) + seconds * 1000,
});

test('a network is measured from its creation to its first being available, once', async () => {
  const { metrics, lines } = await opened();
  const births = new NetworkBirths(metrics.networkReadySeconds);
  births.look(at(2, undefined), STARTING);
  births.look(at(40, 'genesis'), STARTING);
  births.look(at(50, 'genesis'), AVAILABLE);
  births.look(at(500, 'genesis'), STARTING);
  births.look(at(900, 'genesis'), AVAILABLE);
  expect(await lines('civitas_operator_network_ready_seconds_')).toEqual(
    expect.arrayContaining(['civitas_operator_network_ready_seconds_sum 50', 'civitas_operator_network_ready_seconds_count 1']),
  );
});

test('one that had its genesis before this operator looked, or that is gone, is not measured', async () => {
  const { metrics, lines } = await opened();
  const births = new NetworkBirths(metrics.networkReadySeconds);
  births.look(at(900, 'genesis'), AVAILABLE);
  births.look(at(2, undefined), STARTING);
  births.forget(`${network.metadata.namespace}/${network.metadata.name}`);
  births.look(at(950, 'genesis'), AVAILABLE);
  expect(await lines('civitas_operator_network_ready_seconds_count')).toEqual(['civitas_operator_network_ready_seconds_count 0']);
});

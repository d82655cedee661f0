import { openMetricsRegistry, operatorMetrics } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import { verdict } from '../../core/plan/verdict.ts';
import { forgetNetwork, type NamedNetwork, networkLabels, reportNetworkConditions } from './condition-series.ts';

const network = (name: string): NamedNetwork => ({ metadata: { namespace: 'city', name }, spec: { chainId: `${name}-1` } });

async function opened() {
  const registry = openMetricsRegistry({});
  const metrics = registry.register(operatorMetrics);
  const lines = async () => (await registry.text()).split('\n').filter((line) => /^civitas_operator_\w+\{network=/.test(line));
  return { metrics, lines };
}

test('a network that is gone leaves no series behind, and the others stay', async () => {
  const { metrics, lines } = await opened();
  for (const one of [network('health'), network('housing')]) {
    reportNetworkConditions(metrics, one, [verdict('Available', true, 'Serving', '')]);
    metrics.networkHeight.set(networkLabels(one), 7);
  }
  forgetNetwork(metrics, 'city/health');

  expect(await lines()).toEqual([
    'civitas_operator_network_condition{network="housing-1",resource="city/housing",condition="Available"} 1',
    'civitas_operator_network_height{network="housing-1",resource="city/housing"} 7',
  ]);
});

test('a condition that a status no longer has is reported no longer', async () => {
  const { metrics, lines } = await opened();
  reportNetworkConditions(metrics, network('health'), [verdict('BackupHealthy', false, 'TooOld', '')]);
  expect(await lines()).toHaveLength(1);
  reportNetworkConditions(metrics, network('health'), [verdict('SomethingNew', true, 'Known', '')]);
  expect(await lines()).toEqual([]);
});

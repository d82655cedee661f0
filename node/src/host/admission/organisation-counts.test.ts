import { refuse } from '@civitas/canon';
import { nodeMetrics, openMetricsRegistry } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import { COUNTED_ORGANISATIONS_MAX } from './limits.ts';
import { followOrganisations } from './organisation-counts.ts';

const OK = { ok: true, value: undefined } as const;

async function countedAfter(play: (count: ReturnType<typeof followOrganisations>) => void): Promise<readonly string[]> {
  const registry = openMetricsRegistry({});
  const { organisationOperations } = registry.register({ organisationOperations: nodeMetrics.organisationOperations });
  play(followOrganisations(organisationOperations));
  return (await registry.text()).split('\n').filter((line) => line.startsWith('civitas_organisation_operations_total'));
}

test('one call counts what was admitted, refused and throttled, and begins all three', async () => {
  const lines = await countedAfter((count) => {
    count('hospital-1', [OK, OK, refuse('MALFORMED', {}), refuse('RATE_LIMITED', {}, 'retry')], undefined);
    count('court-1', [OK], { code: 'QUEUE_FULL', facts: {}, then: 'retry' });
  });

  expect([...lines].sort()).toEqual([
    'civitas_organisation_operations_total{organisation="court-1",result="admitted"} 0',
    'civitas_organisation_operations_total{organisation="court-1",result="refused"} 0',
    'civitas_organisation_operations_total{organisation="court-1",result="throttled"} 1',
    'civitas_organisation_operations_total{organisation="hospital-1",result="admitted"} 2',
    'civitas_organisation_operations_total{organisation="hospital-1",result="refused"} 1',
    'civitas_organisation_operations_total{organisation="hospital-1",result="throttled"} 1',
  ]);
});

test('organisations beyond the limit are counted together', async () => {
  const lines = await countedAfter((count) => {
    for (let i = 0; i < COUNTED_ORGANISATIONS_MAX + 5; i++) count(`agency-${i}`, [OK], undefined);
  });

  expect(lines).toContain('civitas_organisation_operations_total{organisation="other",result="admitted"} 5');
  expect(lines.filter((line) => line.includes('"admitted"'))).toHaveLength(COUNTED_ORGANISATIONS_MAX + 1);
});

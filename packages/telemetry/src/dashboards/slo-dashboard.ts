import { type Dashboard, graph, NO_PROBE, number, rateOf, table } from './dashboard.ts';

const OF = 'sloth_slo=~"$slo"';

export const sloDashboard: Dashboard = {
  uid: 'civitas-slo',
  title: 'Civitas / Promises',
  description: 'Whether the city keeps what it promises over 30 days, and how fast it uses up what it may fail.',
  variables: ['slo'],
  rows: [
    {
      title: 'Budgets',
      panels: [
        number(
          {
            title: 'Budget left',
            unit: 'percentunit',
            description: 'Share of the error budget of 30 days that is left, the worst of each promise.',
            emptyWhen: 'nothing was counted yet',
          },
          [`min by (sloth_slo) (slo:period_error_budget_remaining:ratio{${OF}})`, '{{sloth_slo}}'],
        ),
        table({ title: 'Promises', unit: 'percentunit', description: 'The objective of each promise.' }, [
          `slo:objective:ratio{${OF}}`,
          '{{sloth_slo}}',
        ]),
        table({ title: 'Budgets', unit: 'percentunit', description: 'Share of events that may fail.' }, [
          `slo:error_budget:ratio{${OF}}`,
          '{{sloth_slo}}',
        ]),
      ],
    },
    {
      title: 'Burn',
      panels: [
        graph(
          {
            title: 'Burn rate now',
            unit: 'short',
            description: '1 uses the budget up in exactly 30 days. Above 14.4 within an hour somebody is called.',
            emptyWhen: 'nothing was counted yet',
          },
          [`max by (sloth_slo) (slo:current_burn_rate:ratio{${OF}})`, '{{sloth_slo}}'],
        ),
        graph(
          {
            title: 'Failing share, 5 minutes and an hour',
            unit: 'percentunit',
            description: 'The two windows of the fast alert.',
            emptyWhen: 'nothing was counted yet',
          },
          [`max by (sloth_slo) (slo:sli_error:ratio_rate5m{${OF}})`, '{{sloth_slo}} 5 m'],
          [`max by (sloth_slo) (slo:sli_error:ratio_rate1h{${OF}})`, '{{sloth_slo}} 1 h'],
        ),
        graph(
          {
            title: 'Failing share, 6 hours and 3 days',
            unit: 'percentunit',
            description: 'Windows of the slow alerts.',
            emptyWhen: 'nothing was counted yet',
          },
          [`max by (sloth_slo) (slo:sli_error:ratio_rate6h{${OF}})`, '{{sloth_slo}} 6 h'],
          [`max by (sloth_slo) (slo:sli_error:ratio_rate3d{${OF}})`, '{{sloth_slo}} 3 d'],
        ),
        graph(
          {
            title: 'Failing share, 30 days',
            unit: 'percentunit',
            description: 'What the promise is about.',
            emptyWhen: 'nothing was counted yet',
          },
          [`max by (sloth_slo) (slo:sli_error:ratio_rate30d{${OF}})`, '{{sloth_slo}}'],
        ),
        graph(
          {
            title: 'Events an hour',
            unit: 'short',
            description: 'With few events a ratio says nothing, and no alert fires.',
            emptyWhen: 'nothing was counted yet',
          },
          [`sum by (sloth_slo) (slo:sli_events:increase1h{${OF}})`, '{{sloth_slo}}'],
        ),
      ],
    },
    {
      title: 'Synthetic operations and packets',
      panels: [
        graph(
          {
            title: 'Synthetic operations',
            unit: 'ops',
            description: 'A second, by network and result: events that come whether or not anybody works.',
            emptyWhen: NO_PROBE,
          },
          [rateOf('civitas_probe_operations_total', ['network', 'result']), '{{network}} {{result}}'],
        ),
        graph({ title: 'Synthetic packets', unit: 'ops', description: 'A second, by direction and result.', emptyWhen: NO_PROBE }, [
          rateOf('civitas_probe_packets_total', ['source', 'destination', 'result']),
          '{{source}} to {{destination}} {{result}}',
        ]),
      ],
    },
  ],
};

import { type Dashboard, graph, number, quantileOf, rateOf, table } from './dashboard.ts';

const OF = 'network=~"$network"';
const OWN = 'network=~"$network", organisation=~"$organisation"';

export const tenantDashboard: Dashboard = {
  uid: 'civitas-tenant',
  title: 'Civitas / Tenant',
  description:
    'What one organisation meets at the gateways: its operations, its limits, its calls. No person and no content is in a metric.',
  variables: ['network', 'organisation'],
  rows: [
    {
      title: 'Its operations',
      panels: [
        number(
          {
            title: 'Admitted',
            unit: 'ops',
            description: 'Operations a second that the organisation handed in and that went on to ordering.',
          },
          [rateOf(`civitas_organisation_operations_total{${OWN}, result="admitted"}`, ['organisation']), '{{organisation}}'],
        ),
        number(
          {
            title: 'Throttled',
            unit: 'ops',
            description:
              'Operations a second refused for the rate or the queue: the organisation is over its share, or the network is full.',
          },
          [rateOf(`civitas_organisation_operations_total{${OWN}, result="throttled"}`, ['organisation']), '{{organisation}}'],
        ),
        graph(
          {
            title: 'By what became of them',
            unit: 'ops',
            description: 'Operations a second by organisation and result. refused is a mistake of its program; docs/reference/errors.md.',
          },
          [
            rateOf(`civitas_organisation_operations_total{${OWN}}`, ['network', 'organisation', 'result']),
            '{{organisation}} at {{network}} {{result}}',
          ],
        ),
        graph(
          { title: 'Limits met', unit: 'ops', description: 'Calls answered RESOURCE_EXHAUSTED, by limit, all organisations together.' },
          [rateOf(`civitas_rpc_throttled_total{${OF}}`, ['network', 'limit']), '{{network}} {{limit}}'],
        ),
      ],
    },
    {
      title: 'Calls to the gateways',
      panels: [
        graph({ title: 'Calls', unit: 'ops', description: 'gRPC calls a second by service and by who was at fault.' }, [
          rateOf(`civitas_rpc_requests_total{${OF}}`, ['service', 'result']),
          '{{service}} {{result}}',
        ]),
        graph(
          {
            title: 'Time of a call',
            unit: 's',
            description: '95 % of unary calls by service.',
            emptyWhen: 'nobody called in the last minutes',
          },
          [quantileOf(0.95, `civitas_rpc_request_seconds{${OF}}`, ['service']), '{{service}}'],
        ),
        graph(
          { title: 'Watchers cut', unit: 'ops', description: 'Event watchers cut because they read too slowly; they resume by height.' },
          [rateOf(`civitas_event_watchers_dropped_total{${OF}}`, ['network']), '{{network}}'],
        ),
        graph({ title: 'Vault', unit: 'ops', description: 'Sealed calls to vault and registrar a second, by method and outcome.' }, [
          rateOf(`civitas_vault_calls_total{${OF}}`, ['method', 'result']),
          '{{method}} {{result}}',
        ]),
      ],
    },
    {
      title: 'Console',
      panels: [
        graph({ title: 'Requests', unit: 'ops', description: 'Answers of the console by class.' }, [
          rateOf('civitas_console_http_requests_total', ['method', 'status']),
          '{{method}} {{status}}',
        ]),
        graph(
          {
            title: 'Time of a request',
            unit: 's',
            description: '95 % of requests. The promise is 500 ms.',
            emptyWhen: 'nobody has the console open',
          },
          [quantileOf(0.95, 'civitas_console_http_request_seconds', ['method']), '{{method}}'],
        ),
        graph({ title: 'Pages open', unit: 'short', description: 'Open streams of changes.' }, [
          'sum(civitas_console_event_streams)',
          'streams',
        ]),
        table({ title: 'Agencies', unit: 'bool_yes_no', description: 'Conditions of every agency, 1 when True.' }, [
          'max by (agency, condition) (civitas_operator_agency_condition)',
          '{{agency}} {{condition}}',
        ]),
      ],
    },
  ],
};

import { type Dashboard, graph, NO_PROBE, number, quantileOf, rateOf, table } from './dashboard.ts';

const OF = 'source=~"$source", destination=~"$destination"';
const DIRECTION = '{{source}} to {{destination}}';

export const linksDashboard: Dashboard = {
  uid: 'civitas-links',
  title: 'Civitas / Links',
  description: 'Packets between ledgers: do they arrive, how fast, and does each side still know the other?',
  variables: ['source', 'destination'],
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          { title: 'Oldest packet', unit: 's', description: 'Age of the oldest packet without acknowledgement. The promise is 60 s.' },
          [`max by (source, destination) (civitas_relay_oldest_pending_age_seconds{${OF}})`, DIRECTION],
        ),
        number(
          {
            title: 'Lease held',
            unit: 'bool_yes_no',
            description: '1 while a relay holds the lease of the direction; without one nothing moves.',
          },
          [`max by (source, destination) (civitas_relay_lease_held{${OF}})`, DIRECTION],
        ),
        number({ title: 'Client lag', unit: 's', description: "Header time by which the destination's client trails the source." }, [
          `max by (source, destination) (civitas_relay_client_lag_seconds{${OF}})`,
          DIRECTION,
        ]),
      ],
    },
    {
      title: 'Packets',
      panels: [
        graph({ title: 'Packets', unit: 'ops', description: 'Packets a second by what the ledgers answered.' }, [
          rateOf(`civitas_relay_packets_total{${OF}}`, ['source', 'destination', 'result']),
          `${DIRECTION} {{result}}`,
        ]),
        graph({ title: 'Waiting', unit: 'short', description: 'Unacknowledged packets by the step they wait for.' }, [
          `sum by (source, destination, step) (civitas_relay_packets_pending{${OF}})`,
          `${DIRECTION} {{step}}`,
        ]),
        graph(
          {
            title: 'Round trip',
            unit: 's',
            description: 'From sending to acknowledgement in block time: median and 99 %.',
            emptyWhen: 'no packet was sent in the last minutes',
          },
          [quantileOf(0.5, `civitas_relay_round_trip_seconds{${OF}}`, ['source', 'destination']), `${DIRECTION} 50 %`],
          [quantileOf(0.99, `civitas_relay_round_trip_seconds{${OF}}`, ['source', 'destination']), `${DIRECTION} 99 %`],
        ),
        graph(
          {
            title: 'In flight, as the ledgers have it',
            unit: 'short',
            description: 'Packets sent and not acknowledged, from state: right whether or not a relay runs.',
          },
          ['max by (network, peer) (civitas_link_packets_in_flight{network=~"$source"})', '{{network}} to {{peer}}'],
        ),
        graph(
          { title: 'Oldest, as the ledgers have it', unit: 's', description: 'Age in block time of the oldest open packet, from state.' },
          ['max by (network, peer) (civitas_link_oldest_packet_age_seconds{network=~"$source"})', '{{network}} to {{peer}}'],
        ),
      ],
    },
    {
      title: 'Light clients',
      panels: [
        table(
          {
            title: 'Status of each client',
            unit: 'short',
            description:
              'The status that each network gives its client of a peer. Frozen means the peer contradicted itself, or a person froze it.',
          },
          [
            'max by (network, peer, status) (civitas_link_client_status{network=~"$source"}) == 1',
            '{{network}} knows {{peer}}: {{status}}',
          ],
        ),
        graph(
          {
            title: 'Age of the newest verified header',
            unit: 's',
            description: 'A client that is not refreshed within its trust period must be made anew by the members.',
          },
          ['max by (network, peer) (civitas_link_client_age_seconds{network=~"$source"})', '{{network}} knows {{peer}}'],
        ),
        graph({ title: 'Verified height', unit: 'short', description: 'Latest height of a peer that a network has verified.' }, [
          'max by (network, peer) (civitas_link_client_height{network=~"$source"})',
          '{{network}} knows {{peer}}',
        ]),
        graph({ title: 'Headers brought', unit: 'ops', description: 'Updates of clients a second.' }, [
          rateOf(`civitas_relay_client_updates_total{${OF}}`, ['source', 'destination']),
          DIRECTION,
        ]),
      ],
    },
    {
      title: 'Relay',
      panels: [
        graph(
          {
            title: 'Passes that ended early',
            unit: 'ops',
            description:
              'By reason. unavailable: an end does not answer; lease: another relay holds it; refused: a ledger said no; fault: ours.',
          },
          [rateOf(`civitas_relay_errors_total{${OF}}`, ['source', 'destination', 'reason']), `${DIRECTION} {{reason}}`],
        ),
        graph(
          {
            title: 'Duration of a pass',
            unit: 's',
            description: '95 % of passes over a direction.',
            emptyWhen: 'no packet was sent in the last minutes',
          },
          [quantileOf(0.95, `civitas_relay_pass_seconds{${OF}}`, ['source', 'destination']), DIRECTION],
        ),
        graph(
          { title: 'Synthetic packets', unit: 'ops', description: 'Synthetic packets a second by how they ended.', emptyWhen: NO_PROBE },
          [rateOf(`civitas_probe_packets_total{${OF}}`, ['source', 'destination', 'result']), `${DIRECTION} {{result}}`],
        ),
        graph(
          {
            title: 'Processor and lag',
            unit: 's',
            description: "The relay's processor seconds a second, and its event loop's lag (99 %).",
          },
          ['rate(process_cpu_seconds_total{job="civitas-relay"}[$__rate_interval])', '{{pod}} processor'],
          [quantileOf(0.99, 'civitas_event_loop_lag_seconds{job="civitas-relay"}', ['pod']), '{{pod}} lag'],
        ),
      ],
    },
  ],
};

import { type Dashboard, graph, NO_PROBE, number, rateOf, table } from './dashboard.ts';

export const cityDashboard: Dashboard = {
  uid: 'civitas-city',
  title: 'Civitas / City',
  description: 'Is the whole city well? One look for whoever is on call; everything here leads on to a dashboard of its own.',
  variables: [],
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          {
            title: 'Networks that make blocks',
            unit: 'short',
            description: 'Networks of which at least one node is not halted. Should equal the number of networks.',
          },
          ['count(min by (network) (civitas_engine_halted) == 0)', 'networks'],
        ),
        number(
          {
            title: 'Processes down',
            unit: 'short',
            description: 'Processes whose metrics address does not answer. Anything but 0 is being alerted on.',
          },
          ['count(up{job=~"civitas-.+"} == 0) or vector(0)', 'down'],
        ),
        number({ title: 'Alerts firing', unit: 'short', description: 'Alerts of any severity that fire at this moment.' }, [
          'count(ALERTS{alertstate="firing"}) or vector(0)',
          'firing',
        ]),
        number(
          {
            title: 'Oldest packet',
            unit: 's',
            description: 'The longest that any packet between two networks has waited for its acknowledgement.',
          },
          ['max(civitas_relay_oldest_pending_age_seconds)', 'oldest'],
        ),
      ],
    },
    {
      title: 'Ledgers',
      panels: [
        graph(
          {
            title: 'Time since the last block',
            unit: 's',
            description: 'A healthy network makes an empty block every few seconds. A line that climbs is a network that stands still.',
          },
          ['min by (network) (time() - civitas_block_timestamp_seconds)', '{{network}}'],
        ),
        graph(
          {
            title: 'Operations',
            unit: 'ops',
            description: 'Operations in committed blocks a second, by network; every node counts each, so the largest of them is shown.',
          },
          ['max by (network) (sum by (network, node) (rate(civitas_operations_total[$__rate_interval])))', '{{network}}'],
        ),
        graph(
          {
            title: 'Validators serving',
            unit: 'short',
            description: 'Validators that serve, as the operator hears them. Compare with the number in the set.',
          },
          ['max by (network) (civitas_operator_validators_serving)', '{{network}} serving'],
          ['max by (network) (civitas_operator_validators_in_set)', '{{network}} in set'],
        ),
        graph(
          {
            title: 'Faults that may still happen',
            unit: 'short',
            description: 'Further validators that may fail before the network stands still. 0 for a network of one validator.',
          },
          ['max by (network) (civitas_operator_spare_faults)', '{{network}}'],
        ),
        table(
          {
            title: 'Conditions',
            unit: 'bool_yes_no',
            description: 'Conditions of every LedgerNetwork, 1 when True. kubectl civitas why network says the reason.',
          },
          ['max by (network, condition) (civitas_operator_network_condition)', '{{network}} {{condition}}'],
        ),
        graph(
          {
            title: 'Height',
            unit: 'short',
            description: 'Height as the operator last heard it, and as the nodes have it; the two run together.',
          },
          ['max by (network) (civitas_operator_network_height)', '{{network}} heard'],
          ['max by (network) (civitas_block_height)', '{{network}}'],
        ),
      ],
    },
    {
      title: 'Between ledgers',
      panels: [
        graph({ title: 'Packets', unit: 'ops', description: 'Packets a second by what the ledgers answered.' }, [
          rateOf('civitas_relay_packets_total', ['result']),
          '{{result}}',
        ]),
        table(
          {
            title: 'Links',
            unit: 'bool_yes_no',
            description: 'Conditions of every LedgerLink, 1 when True. Frozen should be 0.',
            emptyWhen: 'the city has no link',
          },
          ['max by (link, condition) (civitas_operator_link_condition)', '{{link}} {{condition}}'],
        ),
      ],
    },
    {
      title: 'Synthetic operations and packets',
      panels: [
        graph(
          {
            title: 'Synthetic operations',
            unit: 's',
            description: 'How long the last synthetic operation of each network took. It is what a program of an agency meets.',
            emptyWhen: NO_PROBE,
          },
          ['max by (network) (civitas_probe_operation_duration_seconds)', '{{network}}'],
        ),
        graph(
          {
            title: 'Synthetic packets',
            unit: 's',
            description: 'How long the last synthetic packet of each direction took.',
            emptyWhen: NO_PROBE,
          },
          ['max by (source, destination) (civitas_probe_packet_duration_seconds)', '{{source}} to {{destination}}'],
        ),
        graph(
          {
            title: 'Synthetic operations and packets that failed',
            unit: 'ops',
            description: 'Failures a second. A line above 0 that stays is a network or a link that its users find broken.',
            emptyWhen: NO_PROBE,
          },
          [rateOf('civitas_probe_operations_total{result="failed"}', ['network']), '{{network}}'],
          [rateOf('civitas_probe_packets_total{result="failed"}', ['source', 'destination']), '{{source}} to {{destination}}'],
        ),
      ],
    },
  ],
};

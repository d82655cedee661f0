import { type Dashboard, graph, number, quantileOf, rateOf } from './dashboard.ts';

const OF = 'network=~"$network"';
const ENGINE = 'the network runs the embedded engine, or has one validator';

export const networkDashboard: Dashboard = {
  uid: 'civitas-network',
  title: 'Civitas / Network',
  description: 'One network: does it make blocks, how fast, and what holds it up?',
  variables: ['network'],
  rows: [
    {
      title: 'Now',
      panels: [
        number({ title: 'Height', unit: 'short', description: 'Height of the last block that any node committed.' }, [
          `max by (network) (civitas_block_height{${OF}})`,
          '{{network}}',
        ]),
        number({ title: 'Validators', unit: 'short', description: 'Validators in the set, as the nodes have it.' }, [
          `max by (network) (civitas_validators{${OF}})`,
          '{{network}}',
        ]),
        number(
          { title: 'Signing', unit: 'short', description: 'Nodes that hold the grant to sign. Should equal the number of validators.' },
          [`sum by (network) (civitas_signing{${OF}})`, '{{network}}'],
        ),
        number(
          { title: 'Halted nodes', unit: 'short', description: 'Nodes that have seen no block for longer than the network may rest.' },
          [`sum by (network) (civitas_engine_halted{${OF}})`, '{{network}}'],
        ),
      ],
    },
    {
      title: 'Blocks',
      panels: [
        graph(
          {
            title: 'Block interval',
            unit: 's',
            description:
              'Header time between one block and the next: median and 95 %. Longer than the configured rest means rounds are lost.',
          },
          [quantileOf(0.5, `civitas_block_interval_seconds{${OF}}`, ['network']), '{{network}} 50 %'],
          [quantileOf(0.95, `civitas_block_interval_seconds{${OF}}`, ['network']), '{{network}} 95 %'],
        ),
        graph(
          {
            title: 'Time of a block by step',
            unit: 's',
            description: '95 % of the time to execute and to persist a block. Persist is the volume: a slow disk shows here first.',
          },
          [quantileOf(0.95, `civitas_block_commit_seconds{${OF}}`, ['network', 'step']), '{{network}} {{step}}'],
        ),
        graph({ title: 'Size of a block', unit: 'bytes', description: '95 % of the size of a committed block.' }, [
          quantileOf(0.95, `civitas_block_bytes{${OF}}`, ['network']),
          '{{network}}',
        ]),
        graph({ title: 'Round', unit: 'short', description: 'Round of the height being decided; above 0 a proposer was passed over.' }, [
          `max by (network) (civitas_engine_round{${OF}})`,
          '{{network}}',
        ]),
        graph(
          {
            title: 'Version of the rules',
            unit: 'short',
            description: 'Protocol version of the next block; nodes that await a newer release stand before it.',
          },
          [`max by (network) (civitas_protocol_version{${OF}})`, '{{network}} version'],
          [`sum by (network) (civitas_awaiting_upgrade{${OF}})`, '{{network}} nodes awaiting'],
        ),
        graph(
          {
            title: 'Offences on record',
            unit: 'short',
            description: 'Double votes and attacks that the ledger holds evidence of, by what the validator is now. in-set must be 0.',
          },
          [`max by (network, standing) (civitas_validator_misbehaviours{${OF}})`, '{{network}} {{standing}}'],
        ),
      ],
    },
    {
      title: 'Operations',
      panels: [
        graph(
          {
            title: 'Operations',
            unit: 'ops',
            description: 'Operations in committed blocks a second by outcome. A contract refusing is no fault.',
          },
          [`max by (network, result) (rate(civitas_operations_total{${OF}}[$__rate_interval]))`, '{{network}} {{result}}'],
        ),
        graph(
          {
            title: 'Time to a receipt',
            unit: 's',
            description: 'From admission to receipt, median and 99 %. The promise is 99 % within 3 s.',
            emptyWhen: 'no operation came in the last minutes',
          },
          [quantileOf(0.5, `civitas_operation_commit_seconds{${OF}}`, ['network']), '{{network}} 50 %'],
          [quantileOf(0.99, `civitas_operation_commit_seconds{${OF}}`, ['network']), '{{network}} 99 %'],
        ),
        graph(
          {
            title: 'Waiting for a receipt',
            unit: 'short',
            description: 'Operations admitted and without a receipt, against the limit at which one more is refused.',
          },
          [`max by (network, node) (civitas_admission_queue_operations{${OF}})`, '{{node}}'],
          [`min by (network) (civitas_admission_queue_limit_operations{${OF}})`, '{{network}} limit'],
        ),
        graph(
          {
            title: 'Refused at the door',
            unit: 'ops',
            description: 'Operations turned down before ordering, by code of docs/reference/errors.md.',
          },
          [rateOf(`civitas_admission_refusals_total{${OF}}`, ['network', 'code']), '{{network}} {{code}}'],
        ),
        graph(
          {
            title: 'Operations in a bundle',
            unit: 'short',
            description: 'Median of what one node hands to the engine at once. Larger under load, which is what makes load cheap.',
            emptyWhen: 'no operation came in the last minutes',
          },
          [quantileOf(0.5, `civitas_bundle_operations{${OF}}`, ['network']), '{{network}}'],
        ),
      ],
    },
    {
      title: 'Consensus engine',
      panels: [
        graph(
          {
            title: 'Missing votes',
            unit: 'short',
            description: 'Validators whose vote the last commit lacks, and those that tried to sign twice.',
            emptyWhen: ENGINE,
          },
          [`max by (network) (cometbft_consensus_missing_validators{${OF}})`, '{{network}} missing'],
          [`max by (network) (cometbft_consensus_byzantine_validators{${OF}})`, '{{network}} byzantine'],
        ),
        graph(
          {
            title: 'Engine height and rounds',
            unit: 'short',
            description: 'Height that the engine decides and the round it is in.',
            emptyWhen: ENGINE,
          },
          [`max by (network) (cometbft_consensus_height{${OF}})`, '{{network}} height'],
          [`max by (network) (cometbft_consensus_rounds{${OF}})`, '{{network}} round'],
        ),
        graph(
          { title: 'Duration of a round', unit: 's', description: '95 % of rounds and of each step within them.', emptyWhen: ENGINE },
          [quantileOf(0.95, `cometbft_consensus_round_duration_seconds{${OF}}`, ['network']), '{{network}} round'],
          [quantileOf(0.95, `cometbft_consensus_step_duration_seconds{${OF}}`, ['network', 'step']), '{{network}} {{step}}'],
          [quantileOf(0.95, `cometbft_consensus_block_interval_seconds{${OF}}`, ['network']), '{{network}} block interval'],
        ),
        graph(
          {
            title: 'Late votes and proposals',
            unit: 'ops',
            description: 'Votes for an earlier round, and proposals by whether they were taken. Late votes alone mean a slow network.',
            emptyWhen: ENGINE,
          },
          [rateOf(`cometbft_consensus_late_votes{${OF}}`, ['network', 'vote_type']), '{{network}} {{vote_type}}'],
          [rateOf(`cometbft_consensus_proposal_receive_count{${OF}}`, ['network', 'status']), '{{network}} {{status}}'],
        ),
      ],
    },
  ],
};

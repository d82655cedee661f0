import { type Dashboard, graph, number, quantileOf, rateOf } from './dashboard.ts';

const OF = 'network=~"$network", node=~"$node"';
const ENGINE = 'the network runs the embedded engine';

export const validatorDashboard: Dashboard = {
  uid: 'civitas-validator',
  title: 'Civitas / Validator',
  description: 'One node: does it sign, is it at the head, what of its disk, memory and peers?',
  variables: ['network', 'node'],
  rows: [
    {
      title: 'Now',
      panels: [
        number({ title: 'Signing', unit: 'bool_yes_no', description: '1 while the node holds the grant to sign.' }, [
          `civitas_signing{${OF}}`,
          '{{node}}',
        ]),
        number({ title: 'At the head', unit: 'bool_yes_no', description: "1 while the node is at its network's head." }, [
          `civitas_caught_up{${OF}}`,
          '{{node}}',
        ]),
        number({ title: 'Unwell', unit: 'bool_yes_no', description: '1 while a part is unwell; kubectl civitas status says which.' }, [
          `civitas_unwell{${OF}}`,
          '{{node}}',
        ]),
        number(
          {
            title: 'Genesis differs',
            unit: 'bool_yes_no',
            description: '1 while the mounted genesis differs from the one in force: somebody changed a ConfigMap.',
          },
          [`civitas_genesis_mismatch{${OF}}`, '{{node}}'],
        ),
      ],
    },
    {
      title: 'Chain',
      panels: [
        graph({ title: 'Blocks behind', unit: 'short', description: 'Height of the highest node of the network minus that of this one.' }, [
          `max by (network) (civitas_block_height{network=~"$network"}) - on (network) group_right () civitas_block_height{${OF}}`,
          '{{node}}',
        ]),
        graph(
          {
            title: 'Peers',
            unit: 'short',
            description: 'Peers as the node and its engine count them. Should be one fewer than the nodes of the network.',
            emptyWhen: ENGINE,
          },
          [`civitas_peers{${OF}}`, '{{node}}'],
          [`cometbft_p2p_peers{${OF}}`, '{{node}} engine'],
        ),
        graph(
          {
            title: 'Clock',
            unit: 's',
            description:
              "The machine's clock minus the time of a block when it was committed. One node far from the others has a wrong clock.",
          },
          [`civitas_block_clock_offset_seconds{${OF}}`, '{{node}}'],
        ),
        graph(
          {
            title: 'Blocks without its vote',
            unit: 'short',
            description: 'Blocks that lack the vote of a validator, as each engine has seen them since it started.',
            emptyWhen: ENGINE,
          },
          [`cometbft_consensus_validator_missed_blocks{${OF}}`, '{{node}} sees {{validator_address}}'],
        ),
        graph(
          {
            title: 'Catching up',
            unit: 'bool_yes_no',
            description: '1 while blocks are fetched from peers.',
            emptyWhen: ENGINE,
          },
          [`cometbft_blocksync_syncing{${OF}}`, '{{node}} blocks'],
        ),
        graph(
          { title: 'Engine validators', unit: 'short', description: 'Validators of the set as each engine has it.', emptyWhen: ENGINE },
          [`cometbft_consensus_validators{${OF}}`, '{{node}}'],
        ),
      ],
    },
    {
      title: 'Disk',
      panels: [
        graph(
          {
            title: 'Room on the volume',
            unit: 'percentunit',
            description: 'Share of the file system that is left. A node stops before it is 0.',
          },
          [`civitas_volume_free_bytes{${OF}} / civitas_volume_size_bytes{${OF}}`, '{{node}}'],
        ),
        graph({ title: 'Ledger on disk', unit: 'bytes', description: 'Block and state store.' }, [
          `civitas_store_bytes{${OF}}`,
          '{{node}}',
        ]),
        graph(
          {
            title: 'Making a block durable',
            unit: 's',
            description: '99 % of the time to execute, to persist and in all. Persist rises with a slow disk.',
          },
          [quantileOf(0.99, `civitas_block_commit_seconds{${OF}}`, ['node', 'step']), '{{node}} {{step}}'],
        ),
        graph(
          {
            title: 'State pages',
            unit: 'ops',
            description: 'Pages of the state tree asked for, by whether they were in memory; and what is kept.',
          },
          [rateOf(`civitas_state_page_reads_total{${OF}}`, ['node', 'result']), '{{node}} {{result}}'],
        ),
        graph({ title: 'State pages in memory', unit: 'bytes', description: 'Bytes of the state tree that are kept in memory.' }, [
          `civitas_state_page_cache_bytes{${OF}}`,
          '{{node}}',
        ]),
        graph(
          {
            title: 'Snapshots',
            unit: 'short',
            description: 'Height of the newest snapshot, and snapshots of the last day by how taking them ended.',
          },
          [`civitas_snapshot_height{${OF}}`, '{{node}} height'],
          [`sum by (node, result) (increase(civitas_snapshots_total{${OF}}[1d]))`, '{{node}} {{result}}'],
        ),
      ],
    },
    {
      title: 'Process',
      panels: [
        graph({ title: 'Processor', unit: 'percentunit', description: 'Processor time a second; 1 is one core.' }, [
          rateOf(`process_cpu_seconds_total{${OF}}`, ['job', 'node']),
          '{{job}} {{node}}',
        ]),
        graph(
          { title: 'Memory', unit: 'bytes', description: "Resident memory, and the runtime's used heap." },
          [`process_resident_memory_bytes{${OF}}`, '{{job}} {{node}}'],
          [`nodejs_heap_size_used_bytes{${OF}}`, '{{node}} heap'],
        ),
        graph(
          {
            title: 'Event loop lag',
            unit: 's',
            description: 'What 99 % of whatever comes waits at most for the event loop. Above 100 ms the node answers everything late.',
          },
          [quantileOf(0.99, `civitas_event_loop_lag_seconds{${OF}}`, ['node']), '{{node}}'],
        ),
        graph({ title: 'File descriptors', unit: 'percentunit', description: 'Share of the descriptors that the process may open.' }, [
          `process_open_fds{${OF}} / process_max_fds{${OF}}`,
          '{{node}}',
        ]),
        graph(
          {
            title: 'Trace spans',
            unit: 'ops',
            description: 'Spans by whether the collector took them. One that was dropped costs nothing but itself.',
          },
          [rateOf(`civitas_trace_spans_total{${OF}}`, ['job', 'result']), '{{job}} {{result}}'],
        ),
        graph(
          {
            title: 'Engine queue',
            unit: 'short',
            description: 'Bundles that wait for a block, and those that did not pass the check.',
            emptyWhen: ENGINE,
          },
          [`cometbft_mempool_size{${OF}}`, '{{node}} waiting'],
          [`rate(cometbft_mempool_failed_txs{${OF}}[$__rate_interval])`, '{{node}} failed a second'],
        ),
        graph(
          { title: 'Engine queue in bytes', unit: 'bytes', description: 'Bytes of the bundles that wait for a block.', emptyWhen: ENGINE },
          [`cometbft_mempool_size_bytes{${OF}}`, '{{node}}'],
        ),
        graph(
          {
            title: 'Engine calls',
            unit: 's',
            description: '95 % of the time of each call from the engine to the node.',
            emptyWhen: ENGINE,
          },
          [quantileOf(0.95, `cometbft_abci_connection_method_timing_seconds{${OF}}`, ['node', 'method']), '{{node}} {{method}}'],
        ),
        graph(
          { title: 'Engine traffic', unit: 'Bps', description: 'Bytes to and from peers.', emptyWhen: 'the network has one validator' },
          [rateOf(`cometbft_p2p_message_send_bytes_total{${OF}}`, ['node']), '{{node}} sent'],
          [rateOf(`cometbft_p2p_message_receive_bytes_total{${OF}}`, ['node']), '{{node}} received'],
        ),
      ],
    },
  ],
};

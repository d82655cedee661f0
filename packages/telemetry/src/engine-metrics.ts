import { catalogueOf, type MetricDefinition } from './metric.ts';

type Labels = MetricDefinition['labels'];

const of = (type: MetricDefinition['type'], unit: MetricDefinition['unit'], labels: Labels = {}) => {
  return <Name extends MetricDefinition['name']>(name: Name, help: string) => ({ name, type, unit, help, labels });
};
const gauge = of('gauge', 'none');
const counter = of('counter', 'none');

/**
 * CometBFT's own families that panels and alerts use, under its names. It says `chain_id`; the scrape makes `network` and `node` of that and
 * of the pod, so that they join ours.
 */
export const engineMetrics = catalogueOf({
  height: gauge('cometbft_consensus_height', 'Height being decided.'),
  rounds: gauge('cometbft_consensus_rounds', 'Round of the height being decided.'),
  roundSeconds: of('histogram', 'seconds')('cometbft_consensus_round_duration_seconds', 'Duration of a round.'),
  stepSeconds: of('histogram', 'seconds', { step: '*' })('cometbft_consensus_step_duration_seconds', 'Duration of a consensus step.'),
  blockIntervalSeconds: of('histogram', 'seconds')('cometbft_consensus_block_interval_seconds', 'Time between blocks.'),
  validators: gauge('cometbft_consensus_validators', 'Validators of the set.'),
  missingValidators: gauge('cometbft_consensus_missing_validators', 'Validators whose vote the last commit lacks.'),
  byzantineValidators: gauge('cometbft_consensus_byzantine_validators', 'Validators that tried to sign twice.'),
  missedBlocks: of('gauge', 'none', { validator_address: '*' })('cometbft_consensus_validator_missed_blocks', 'Blocks that lack its vote.'),
  lateVotes: of('counter', 'none', { vote_type: '*' })('cometbft_consensus_late_votes', 'Votes for an earlier height or round.'),
  proposals: of('counter', 'none', { status: '*' })(
    'cometbft_consensus_proposal_receive_count',
    'Proposals by whether they were accepted.',
  ),
  peers: gauge('cometbft_p2p_peers', 'Connected peers.'),
  sentBytes: of('counter', 'bytes', { message_type: '*' })('cometbft_p2p_message_send_bytes_total', 'Bytes sent, by message.'),
  receivedBytes: of('counter', 'bytes', { message_type: '*' })('cometbft_p2p_message_receive_bytes_total', 'Bytes received, by message.'),
  mempoolSize: gauge('cometbft_mempool_size', 'Bundles waiting for a block.'),
  mempoolBytes: of('gauge', 'bytes')('cometbft_mempool_size_bytes', 'Bytes of bundles waiting for a block.'),
  mempoolFailed: counter('cometbft_mempool_failed_txs', 'Bundles that did not pass the check.'),
  abciSeconds: of('histogram', 'seconds', { method: '*', type: '*' })(
    'cometbft_abci_connection_method_timing_seconds',
    'Time of a call from the engine to the node.',
  ),
  blockSyncing: gauge('cometbft_blocksync_syncing', '1 while blocks are fetched from peers.'),
});

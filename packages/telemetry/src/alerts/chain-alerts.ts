import type { Alert } from './alert.ts';

/** A network that was put to sleep makes no blocks, as it should. */
const UNLESS_HIBERNATED = 'unless on (resource) civitas_operator_network_condition{condition="Hibernated"} == 1';

/** Whether a network makes blocks, and who makes them. */
export const chainAlerts: readonly Alert[] = [
  {
    name: 'CivitasChainStalled',
    severity: 'critical',
    expr: 'time() - civitas_block_timestamp_seconds > $ageSeconds',
    waits: { ageSeconds: 60 },
    forSeconds: 60,
    summary: '{{ $labels.network }} has made no block for {{ $value | humanizeDuration }}',
    description:
      'A healthy network makes an empty block every few seconds. Nothing is accepted while it stands still, and nothing accepted is lost.',
  },
  {
    name: 'CivitasEngineHalted',
    severity: 'critical',
    expr: 'civitas_engine_halted == 1',
    forSeconds: 60,
    summary: '{{ $labels.node }} of {{ $labels.network }} sees no block although its engine runs',
    description:
      'The node itself says that the network rests longer than it may. New operations are refused with HALTED until blocks go on.',
  },
  {
    name: 'CivitasQuorumLost',
    severity: 'critical',
    expr: `civitas_operator_network_condition{condition="QuorumHealthy"} == 0 ${UNLESS_HIBERNATED}`,
    forSeconds: 60,
    summary: 'Too few validators of {{ $labels.network }} serve for it to make blocks',
    description:
      'More than two thirds of the power must vote. Until enough validators are back the chain stands still; it forks in no case.',
  },
  {
    name: 'CivitasSpareFaultsUsedUp',
    severity: 'critical',
    expr: 'civitas_operator_spare_faults == 0 and civitas_operator_validators_in_set > $validators',
    limits: { validators: 3 },
    forSeconds: 120,
    summary: '{{ $labels.network }} stands still if one more validator fails',
    description:
      'It makes blocks with exactly as many validators as it needs. A network of fewer than four has no spare fault by design and is left out.',
  },
  {
    name: 'CivitasRedundancyLost',
    severity: 'warning',
    expr: `civitas_operator_network_condition{condition="FullRedundancy"} == 0 ${UNLESS_HIBERNATED}`,
    forSeconds: 600,
    summary: 'Not every validator of {{ $labels.network }} serves',
    description: 'The chain goes on, and one of the faults that it survives is used up. A network of one validator stands still.',
  },
  {
    name: 'CivitasValidatorNotSigning',
    severity: 'warning',
    expr: 'civitas_signing == 0',
    forSeconds: 120,
    summary: '{{ $labels.node }} of {{ $labels.network }} runs without signing',
    description: 'A validator signs only under a grant that the operator gives after every start. None was given, or it was withdrawn.',
  },
  {
    name: 'CivitasValidatorMisbehaved',
    severity: 'critical',
    expr: 'civitas_validator_misbehaviours{standing="in-set"} > 0',
    forSeconds: 0,
    summary: '{{ $labels.network }} holds evidence against a validator that still signs its blocks ({{ $value }} offences)',
    description:
      'A validator signed two different votes, or misled a light client. Most often its key runs twice, from a copied volume; it may be in other hands. Nothing is wrong with the ledger while fewer than a third of the power misbehaves.',
  },
  {
    name: 'CivitasRoundsHigh',
    severity: 'warning',
    expr: 'civitas_engine_round > $rounds',
    limits: { rounds: 2 },
    forSeconds: 120,
    summary: '{{ $labels.network }} is in round {{ $value }} of one height',
    description: 'Proposers are passed over because their blocks come too late or not at all. Blocks slow down long before they stop.',
  },
  {
    name: 'CivitasNodeNotCaughtUp',
    severity: 'warning',
    expr: 'civitas_caught_up == 0',
    forSeconds: 900,
    summary: '{{ $labels.node }} of {{ $labels.network }} does not reach the head of its chain',
    description: 'It follows, executes slower than the others, or receives nothing. It does not count towards the quorum meanwhile.',
  },
  {
    name: 'CivitasNodeLagging',
    severity: 'warning',
    expr: 'max by (network) (civitas_block_height) - on (network) group_right () civitas_block_height > $blocks',
    limits: { blocks: 20 },
    forSeconds: 300,
    summary: '{{ $labels.node }} of {{ $labels.network }} is {{ $value }} blocks behind',
    description: 'The others went on without it. Its clients read old state, which every answer says by its height.',
  },
  {
    name: 'CivitasPeersTooFew',
    severity: 'warning',
    expr: 'civitas_peers < (civitas_validators - 1) * $share',
    limits: { share: 0.67 },
    forSeconds: 300,
    summary: '{{ $labels.node }} of {{ $labels.network }} is connected to {{ $value }} others',
    description:
      'A node that hears fewer than two thirds of the validators may not learn of a decision. The network between them is cut or slow.',
  },
  {
    name: 'CivitasNodeUnwell',
    severity: 'warning',
    expr: 'civitas_unwell == 1',
    forSeconds: 120,
    summary: '{{ $labels.node }} of {{ $labels.network }} says that a part of it is unwell',
    description: 'Its engine, its store or a helper of it does not do its work. The node says which and why, and goes on with the rest.',
  },
  {
    name: 'CivitasGenesisMismatch',
    severity: 'critical',
    expr: 'civitas_genesis_mismatch == 1',
    forSeconds: 60,
    summary: 'The genesis mounted into {{ $labels.node }} is not the one that {{ $labels.network }} was born with',
    description:
      'The node keeps to the one it was born with. Somebody changed the record: a node made from it could not join, or would found another chain.',
  },
  {
    name: 'CivitasAwaitingUpgrade',
    severity: 'critical',
    expr: 'civitas_awaiting_upgrade == 1',
    forSeconds: 300,
    summary: '{{ $labels.node }} of {{ $labels.network }} stands before a block that its release cannot execute',
    description:
      'The members decided on rules that this release does not know. It stopped rather than guess; a newer release goes on from here.',
  },
  {
    name: 'CivitasNetworkUnavailable',
    severity: 'critical',
    expr: `civitas_operator_network_condition{condition="Available"} == 0 ${UNLESS_HIBERNATED}`,
    forSeconds: 300,
    summary: '{{ $labels.network }} is not available',
    description: 'The operator does not see it make blocks. Where no node can be scraped this is the only sign of it.',
  },
];

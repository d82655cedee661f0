import type { Slo } from './slo.ts';

/** What the city promises over 30 days. */
export const slos: readonly Slo[] = [
  {
    alert: 'CivitasOperationsBudgetBurning',
    name: 'operations',
    objective: 0.999,
    by: ['network'],
    // Operations in blocks are counted by every node; refusals for want of room by the gateway alone.
    total:
      'max by (network) (sum by (network, node) (increase(civitas_operations_total[$window]))) + sum by (network) (increase(civitas_admission_refusals_total{code=~"QUEUE_FULL|HALTED|ENGINE_BUSY"}[$window]))',
    errors: 'sum by (network) (increase(civitas_admission_refusals_total{code=~"QUEUE_FULL|HALTED|ENGINE_BUSY"}[$window]))',
    eventsMin: 50,
    summary: '{{ $labels.network }} turns operations away faster than it promised',
    description:
      '99.9 % of the operations within 30 days are taken when they come. What is turned away for want of room counts against it; what a contract refuses does not.',
  },
  {
    alert: 'CivitasCommitTimeBudgetBurning',
    name: 'commit-time',
    objective: 0.99,
    by: ['network'],
    total: 'sum by (network) (increase(civitas_operation_commit_seconds_count[$window]))',
    errors:
      'sum by (network) (increase(civitas_operation_commit_seconds_count[$window])) - sum by (network) (increase(civitas_operation_commit_seconds_bucket{le="3"}[$window]))',
    eventsMin: 50,
    summary: 'Operations of {{ $labels.network }} take longer than 3 s more often than promised',
    description: '99 % of the operations within 30 days have their receipt within 3 s of admission.',
  },
  {
    alert: 'CivitasProgressBudgetBurning',
    name: 'progress',
    objective: 0.9995,
    by: ['network'],
    total: 'sum by (network) (count_over_time(civitas_engine_halted[$window]))',
    errors: 'sum by (network) (sum_over_time(civitas_engine_halted[$window]))',
    eventsMin: 50,
    summary: '{{ $labels.network }} stands still for longer than promised',
    description: 'A network may rest 22 minutes within 30 days. Counted is each look at which a node said that it is halted.',
  },
  {
    alert: 'CivitasDeliveryBudgetBurning',
    name: 'delivery',
    objective: 0.995,
    by: ['source', 'destination'],
    total:
      'sum by (source, destination) (increase(civitas_relay_round_trip_seconds_count[$window])) + sum by (source, destination) (increase(civitas_relay_packets_total{result="timed_out"}[$window]))',
    errors:
      'sum by (source, destination) (increase(civitas_relay_round_trip_seconds_count[$window])) - sum by (source, destination) (increase(civitas_relay_round_trip_seconds_bucket{le="60"}[$window])) + sum by (source, destination) (increase(civitas_relay_packets_total{result="timed_out"}[$window]))',
    eventsMin: 20,
    summary: 'Packets from {{ $labels.source }} to {{ $labels.destination }} are answered late or not at all, more often than promised',
    description:
      '99.5 % of the packets within 30 days are acknowledged within 60 s. None is lost or doubled: that is no matter of a budget.',
  },
  {
    alert: 'CivitasCallsBudgetBurning',
    name: 'calls',
    objective: 0.999,
    by: ['network'],
    total: 'sum by (network) (increase(civitas_rpc_requests_total[$window]))',
    errors: 'sum by (network) (increase(civitas_rpc_requests_total{result="fault"}[$window]))',
    eventsMin: 50,
    summary: 'Calls to the nodes of {{ $labels.network }} end in a fault of ours more often than promised',
    description: '99.9 % of the calls within 30 days are answered, if only with a refusal that the caller earned.',
  },
  {
    alert: 'CivitasReadyBudgetBurning',
    name: 'ready',
    objective: 0.99,
    by: [],
    total: 'sum(increase(civitas_operator_network_ready_seconds_count[$window]))',
    errors:
      'sum(increase(civitas_operator_network_ready_seconds_count[$window])) - sum(increase(civitas_operator_network_ready_seconds_bucket{le="300"}[$window]))',
    // Networks are rarely made: of one alone CivitasNetworkUnavailable tells.
    eventsMin: 5,
    summary: 'New networks become available later than 5 minutes after they were asked for, more often than promised',
    description: '99 % of the networks that are made within 30 days make blocks within 5 minutes.',
  },
  {
    alert: 'CivitasConsoleBudgetBurning',
    name: 'console',
    objective: 0.999,
    by: [],
    total: 'sum(increase(civitas_console_http_requests_total[$window]))',
    errors: 'sum(increase(civitas_console_http_requests_total{status="5xx"}[$window]))',
    eventsMin: 50,
    summary: 'The console fails people more often than promised',
    description: '99.9 % of the requests within 30 days are answered with something else than a fault of ours.',
  },
  {
    alert: 'CivitasConsoleTimeBudgetBurning',
    name: 'console-time',
    objective: 0.95,
    by: [],
    total: 'sum(increase(civitas_console_http_request_seconds_count[$window]))',
    errors:
      'sum(increase(civitas_console_http_request_seconds_count[$window])) - sum(increase(civitas_console_http_request_seconds_bucket{le="0.5"}[$window]))',
    eventsMin: 50,
    summary: 'The console takes longer than half a second more often than promised',
    description: '95 % of the requests within 30 days are answered within 500 ms.',
  },
];

import type { MetricsSink } from '@civitas/kube';
import { catalogueOf, type Instruments, type MetricsRegistry } from '@civitas/telemetry';

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const CONTROLLERS = ['network', 'membership', 'link', 'relay', 'agency', 'city'] as const;

/** Families of the operator under our own names: what it knows of ledgers, live. */
export const operatorMetrics = catalogueOf({
  networkCondition: {
    name: 'civitas_operator_network_condition',
    type: 'gauge',
    unit: 'none',
    help: '1 when a condition of a LedgerNetwork is True, else 0.',
    labels: { network: '*', condition: '*' },
  },
  networkHeight: {
    name: 'civitas_operator_network_height',
    type: 'gauge',
    unit: 'none',
    help: 'Last height a network answered with.',
    labels: { network: '*' },
  },
  validatorsServing: {
    name: 'civitas_operator_validators_serving',
    type: 'gauge',
    unit: 'none',
    help: 'Validators of a network that serve.',
    labels: { network: '*' },
  },
  linkCondition: {
    name: 'civitas_operator_link_condition',
    type: 'gauge',
    unit: 'none',
    help: '1 when a condition of a LedgerLink is True, else 0.',
    labels: { link: '*', condition: '*' },
  },
  certificateNotAfter: {
    name: 'civitas_operator_certificate_not_after_timestamp_seconds',
    type: 'gauge',
    unit: 'unix_seconds',
    help: 'When the first certificate of a network ends.',
    labels: { network: '*' },
  },
});

/** Families of the controller runtime, under controller-runtime's and client-go's names so that stock dashboards work. */
export const runtimeMetrics = catalogueOf({
  workqueue_depth: { name: 'workqueue_depth', type: 'gauge', unit: 'none', help: 'Keys waiting.', labels: { name: CONTROLLERS } },
  workqueue_adds_total: { name: 'workqueue_adds_total', type: 'counter', unit: 'none', help: 'Keys added.', labels: { name: CONTROLLERS } },
  workqueue_retries_total: {
    name: 'workqueue_retries_total',
    type: 'counter',
    unit: 'none',
    help: 'Keys tried again.',
    labels: { name: CONTROLLERS },
  },
  workqueue_queue_duration_seconds: {
    name: 'workqueue_queue_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time a key waited.',
    labels: { name: CONTROLLERS },
    buckets: SECONDS,
  },
  workqueue_work_duration_seconds: {
    name: 'workqueue_work_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time a key was worked on.',
    labels: { name: CONTROLLERS },
    buckets: SECONDS,
  },
  workqueue_unfinished_work_seconds: {
    name: 'workqueue_unfinished_work_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of all work under way together.',
    labels: { name: CONTROLLERS },
  },
  workqueue_longest_running_processor_seconds: {
    name: 'workqueue_longest_running_processor_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the oldest work under way.',
    labels: { name: CONTROLLERS },
  },
  controller_runtime_reconcile_total: {
    name: 'controller_runtime_reconcile_total',
    type: 'counter',
    unit: 'none',
    help: 'Reconciles by result.',
    labels: { controller: CONTROLLERS, result: ['success', 'requeue_after', 'error'] },
  },
  controller_runtime_reconcile_errors_total: {
    name: 'controller_runtime_reconcile_errors_total',
    type: 'counter',
    unit: 'none',
    help: 'Reconciles that failed.',
    labels: { controller: CONTROLLERS },
  },
  controller_runtime_terminal_reconcile_errors_total: {
    name: 'controller_runtime_terminal_reconcile_errors_total',
    type: 'counter',
    unit: 'none',
    help: 'Reconciles given up until the object changes.',
    labels: { controller: CONTROLLERS },
  },
  controller_runtime_reconcile_time_seconds: {
    name: 'controller_runtime_reconcile_time_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time of one reconcile.',
    labels: { controller: CONTROLLERS },
    buckets: SECONDS,
  },
  controller_runtime_active_workers: {
    name: 'controller_runtime_active_workers',
    type: 'gauge',
    unit: 'none',
    help: 'Reconciles running.',
    labels: { controller: CONTROLLERS },
  },
  controller_runtime_max_concurrent_reconciles: {
    name: 'controller_runtime_max_concurrent_reconciles',
    type: 'gauge',
    unit: 'none',
    help: 'Reconciles that may run at once.',
    labels: { controller: CONTROLLERS },
  },
  leader_election_master_status: {
    name: 'leader_election_master_status',
    type: 'gauge',
    unit: 'none',
    help: '1 while this process leads.',
    labels: { name: '*' },
  },
  leader_election_event_loop_lag_seconds: {
    name: 'leader_election_event_loop_lag_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How late the last renewal of the Lease began.',
    labels: { name: '*' },
  },
  rest_client_requests_total: {
    name: 'rest_client_requests_total',
    type: 'counter',
    unit: 'none',
    help: 'Requests to the API server by method and the status they got.',
    labels: { method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], code: '*' },
  },
  rest_client_request_duration_seconds: {
    name: 'rest_client_request_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Time to the head of the API server’s answer.',
    labels: { verb: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] },
    buckets: SECONDS,
  },
  reflector_lists_total: { name: 'reflector_lists_total', type: 'counter', unit: 'none', help: 'Full lists.', labels: { resource: '*' } },
  reflector_watches_total: {
    name: 'reflector_watches_total',
    type: 'counter',
    unit: 'none',
    help: 'Watches opened.',
    labels: { resource: '*' },
  },
  reflector_failures_total: {
    name: 'reflector_failures_total',
    type: 'counter',
    unit: 'none',
    help: 'Lists and watches that failed.',
    labels: { resource: '*' },
  },
  reflector_missed_changes_total: {
    name: 'reflector_missed_changes_total',
    type: 'counter',
    unit: 'none',
    help: 'Changes that only a relist showed.',
    labels: { resource: '*' },
  },
  events_dropped_total: {
    name: 'events_dropped_total',
    type: 'counter',
    unit: 'none',
    help: 'Events cut off per object.',
    labels: { component: '*' },
  },
  events_failed_total: {
    name: 'events_failed_total',
    type: 'counter',
    unit: 'none',
    help: 'Events that could not be written.',
    labels: { component: '*' },
  },
});

export type OperatorMetrics = Instruments<typeof operatorMetrics>;

interface AnyInstrument {
  inc?(labels: Readonly<Record<string, string>>, by?: number): void;
  set?(labels: Readonly<Record<string, string>>, value: number): void;
  observe?(labels: Readonly<Record<string, string>>, value: number): void;
}

/** The runtime's measurements, kept in the registry by name; one it does not know is a bug that costs a metric, not the operator. */
export function metricsSinkOf(registry: MetricsRegistry): MetricsSink {
  const instruments = new Map<string, AnyInstrument>(Object.entries(registry.register(runtimeMetrics)));
  return {
    count: (name, labels, delta) => instruments.get(name)?.inc?.(labels, delta),
    gauge: (name, labels, value) => instruments.get(name)?.set?.(labels, value),
    observe: (name, labels, value) => instruments.get(name)?.observe?.(labels, value),
  };
}

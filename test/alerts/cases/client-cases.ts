import { type AlertCase, type AlertCases, fires, growing, type Series, silent, spread, steady } from './alert-case.ts';

const refused = (code: string, by: number): Series =>
  growing(`civitas_admission_refusals_total{network="n", node="n-0", code="${code}"}`, by);

/** A counter that grows by slightly more, then slightly less than allowed within half a minute. */
const around = (selector: string, above: number, below: number): readonly AlertCase[] => [
  fires(growing(selector, above)),
  silent(growing(selector, below)),
];
/** So many bad ones and good ones within half a minute. */
const parts = (bad: string, good: string, [badCount, goodCount]: readonly [number, number]): readonly Series[] => [
  growing(bad, badCount),
  growing(good, goodCount),
];

const waiting = (operations: number): readonly Series[] => [
  steady('civitas_admission_queue_operations{network="n", node="n-0"}', operations),
  steady('civitas_admission_queue_limit_operations{network="n", node="n-0"}', 8192),
];

const faults = (counts: readonly [number, number]) =>
  parts(
    'civitas_rpc_requests_total{network="n", node="n-0", service="LedgerService", result="fault"}',
    'civitas_rpc_requests_total{network="n", node="n-0", service="LedgerService", result="ok"}',
    counts,
  );
const outcomes = (counts: readonly [number, number]) =>
  parts(
    'civitas_operations_total{network="n", node="n-0", result="refused"}',
    'civitas_operations_total{network="n", node="n-0", result="ok"}',
    counts,
  );

export const clientCases: AlertCases = {
  CivitasAdmissionQueueFull: [fires(refused('QUEUE_FULL', 0.2)), silent(refused('QUEUE_FULL', 0), refused('RATE_LIMITED', 5))],
  CivitasAdmissionQueueLong: [fires(...waiting(5000)), silent(...waiting(3500))],
  CivitasQuotaHit: around('civitas_admission_refusals_total{network="n", node="n-0", code="RATE_LIMITED"}', 2.4, 1.7),
  CivitasClientsThrottled: around('civitas_rpc_throttled_total{network="n", node="n-0", limit="calls"}', 12, 8),
  CivitasRpcFaults: [
    fires(...faults([0.18, 2.82])),
    silent(...faults([0.12, 2.88])),
    // Half of them fail, but they are too few to say.
    silent(...faults([1, 1])),
  ],
  CivitasRpcSlow: [fires(...slow(98)), silent(...slow(100))],
  CivitasOperationsRefused: [fires(...outcomes([0.6, 0.4])), silent(...outcomes([0.4, 0.6])), silent(...outcomes([0.5, 0.2]))],
  CivitasSignaturesRefused: around('civitas_admission_refusals_total{network="n", node="n-0", code="SIGNATURE_INVALID"}', 1.2, 0.8),
  CivitasVaultStrangers: around('civitas_vault_calls_total{network="n", node="n-0", method="Open", result="unauthenticated"}', 0.6, 0.4),
  CivitasWatchersDropped: around('civitas_event_watchers_dropped_total{network="n", node="n-0"}', 0.4, 0.25),
};

/** Calls by time, so many of a hundred within a second. */
function slow(within: number): readonly Series[] {
  return spread('civitas_rpc_request_seconds', 'network="n", service="LedgerService"', ['0.5', '1', '3'], within);
}

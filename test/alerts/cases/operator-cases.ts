import { type AlertCase, type AlertCases, fires, growing, type Series, silent, spread, steady } from './alert-case.ts';

const leads = (pod: string, value: number): Series =>
  steady(`leader_election_master_status{name="civitas-operator", instance="${pod}"}`, value);
const of = (family: string, label: string): string => `${family}{${label}="network"}`;
const network = (type: string, bad: 0 | 1): readonly AlertCase[] => {
  const at = (value: number): Series => steady(`civitas_operator_network_condition{network="n", condition="${type}"}`, value);
  return [fires(at(bad)), silent(at(1 - bad))];
};
const agency = (type: string, bad: 0 | 1): readonly AlertCase[] => {
  const at = (value: number): Series => steady(`civitas_operator_agency_condition{agency="a", condition="${type}"}`, value);
  return [fires(at(bad)), silent(at(1 - bad))];
};
/** Turns and failed turns within half a minute. */
const turns = (total: number, failed: number): readonly Series[] => [
  growing('controller_runtime_reconcile_total{controller="network", result="success"}', total - failed),
  growing('controller_runtime_reconcile_total{controller="network", result="error"}', failed),
  growing('controller_runtime_reconcile_errors_total{controller="network"}', failed),
];
const requests = (good: number, bad: number): readonly Series[] => [
  growing('rest_client_requests_total{method="GET", code="200"}', good),
  growing('rest_client_requests_total{method="GET", code="500"}', bad),
];
const ends = (inSeconds: number): Series => [
  'civitas_tls_certificate_not_after_timestamp_seconds{job="civitas-node", instance="a"}',
  `${1800 + inSeconds}x120`,
];

export const operatorCases: AlertCases = {
  CivitasOperatorWithoutLeader: [
    fires(leads('a', 0), leads('b', 0)),
    fires(steady('up{job="civitas-node"}', 1)),
    silent(leads('a', 0), leads('b', 1)),
  ],
  CivitasOperatorLeadersMany: [fires(leads('a', 1), leads('b', 1)), silent(leads('a', 1), leads('b', 0))],
  CivitasReconcileErrors: [
    fires(...turns(4, 0.24)),
    silent(...turns(4, 0.18)),
    // All of them fail, and they are four.
    silent(...turns(0.14, 0.14)),
    fires(...turns(0.2, 0.2)),
  ],
  CivitasReconcileStuck: [
    fires(steady(of('workqueue_longest_running_processor_seconds', 'name'), 350)),
    silent(steady(of('workqueue_longest_running_processor_seconds', 'name'), 250)),
  ],
  CivitasWorkqueueLong: [fires(steady(of('workqueue_depth', 'name'), 120)), silent(steady(of('workqueue_depth', 'name'), 80))],
  CivitasReconcileGivenUp: [
    fires([of('controller_runtime_terminal_reconcile_errors_total', 'controller'), '0x40 2x80']),
    silent([of('controller_runtime_terminal_reconcile_errors_total', 'controller'), '2x120']),
  ],
  CivitasApiServerFailing: [
    fires(...requests(1.05, 0.14)),
    silent(...requests(4.6, 0.4)),
    silent(...requests(0.4, 0.4)),
    fires(...requests(0.6, 0.6)),
  ],
  CivitasWatchesFailing: [
    fires(growing('reflector_failures_total{resource="pods"}', 0.2)),
    silent(growing('reflector_failures_total{resource="pods"}', 0.14)),
  ],
  CivitasEventsLost: [
    fires(growing('events_failed_total{component="civitas-operator"}', 0.2)),
    silent(growing('events_failed_total{component="civitas-operator"}', 0.14)),
  ],
  CivitasNetworkDegraded: network('Degraded', 1),
  CivitasNetworkNotSettling: network('Progressing', 1).map((one) => ({ ...one, at: '61m' })),
  CivitasAgencyQuotaExceeded: agency('QuotaExceeded', 1),
  CivitasAgencyWithoutCertificates: agency('ClientsCertified', 0),
  CivitasCertificateExpiring: [fires(ends(12 * 86_400)), silent(ends(16 * 86_400))],
  CivitasCertificateEnding: [fires(ends(70_000)), silent(ends(100_000))],
  CivitasCertificateRejected: [
    fires(['civitas_tls_reload_total{job="civitas-node", instance="a", network="n", result="rejected"}', '0x50 2x70']),
    silent(['civitas_tls_reload_total{job="civitas-node", instance="a", network="n", result="rejected"}', '2x120']),
  ],
  CivitasCertificatesInvalid: network('CertificatesValid', 0),
  CivitasAuthorityRollOverStuck: [
    fires(steady('civitas_operator_authority_overdue_seconds', 700)),
    silent(steady('civitas_operator_authority_overdue_seconds', 500)),
  ],
};

const answers = (good: number, bad: number): readonly Series[] => [
  growing('civitas_console_http_requests_total{method="GET", status="2xx"}', good),
  growing('civitas_console_http_requests_total{method="GET", status="5xx"}', bad),
];
const times = (within: number): readonly Series[] =>
  spread('civitas_console_http_request_seconds', 'method="GET"', ['0.5', '1', '2.5'], within);

export const consoleCases: AlertCases = {
  CivitasAuditLogUnwritable: [fires(steady('civitas_console_audit_writable', 0)), silent(steady('civitas_console_audit_writable', 1))],
  CivitasAuditEntriesLost: [
    fires(['civitas_console_audit_entries_total{result="failed"}', '0x40 2x80']),
    silent(
      ['civitas_console_audit_entries_total{result="failed"}', '2x120'],
      growing('civitas_console_audit_entries_total{result="written"}', 1),
    ),
  ],
  CivitasIdentityProviderDown: [fires(steady('civitas_console_directory_up', 0)), silent(steady('civitas_console_directory_up', 1))],
  CivitasConsoleErrors: [fires(...answers(2.82, 0.18)), silent(...answers(3.84, 0.16)), silent(...answers(1, 1))],
  CivitasConsoleSlow: [fires(...times(90)), silent(...times(100))],
  CivitasSignInsRefused: [
    fires(growing('civitas_console_authentication_failures_total{reason="unauthenticated"}', 6)),
    silent(growing('civitas_console_authentication_failures_total{reason="unauthenticated"}', 4)),
  ],
};

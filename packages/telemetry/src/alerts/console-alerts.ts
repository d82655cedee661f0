import type { Alert } from './alert.ts';

/** The web console. */
export const consoleAlerts: readonly Alert[] = [
  {
    name: 'CivitasAuditLogUnwritable',
    severity: 'critical',
    expr: 'civitas_console_audit_writable == 0',
    forSeconds: 60,
    summary: 'The audit log of the console takes no entries',
    description: 'Nothing can be changed through the console while it does not: what is not written down is not done. Reading goes on.',
  },
  {
    name: 'CivitasAuditEntriesLost',
    severity: 'critical',
    expr: 'increase(civitas_console_audit_entries_total{result="failed"}[$window]) > 0',
    windows: { window: 900 },
    forSeconds: 0,
    summary: '{{ $value }} entries did not reach the audit log of the console',
    description:
      'What was to begin was refused; what was under way ended and only its end is not written down. The disk is full, read-only or failing.',
  },
  {
    name: 'CivitasIdentityProviderDown',
    severity: 'critical',
    expr: 'civitas_console_directory_up == 0',
    forSeconds: 120,
    summary: 'The console cannot reach the identity provider',
    description: 'Who is signed in goes on until the token ends. Nobody new signs in, and agencies cannot be given people.',
  },
  {
    name: 'CivitasConsoleErrors',
    severity: 'critical',
    expr: 'sum(increase(civitas_console_http_requests_total{status="5xx"}[$window])) / sum(increase(civitas_console_http_requests_total[$window])) > $ratio and sum(increase(civitas_console_http_requests_total[$window])) > $requests',
    limits: { ratio: 0.05, requests: 50 },
    windows: { window: 600 },
    forSeconds: 120,
    summary: '{{ $value | humanizePercentage }} of what people ask of the console fails',
    description: 'The console could not do what it was rightly asked for. Ledgers and programs do not depend on it.',
  },
  {
    name: 'CivitasConsoleSlow',
    severity: 'warning',
    expr: 'histogram_quantile(0.95, sum by (method, le) (rate(civitas_console_http_request_seconds_bucket[$window]))) > $seconds',
    limits: { seconds: 1 },
    windows: { window: 600 },
    forSeconds: 600,
    summary: 'The console answers {{ $labels.method }} within {{ $value | humanizeDuration }} (95 of 100 requests)',
    description: 'Pages feel slow. The API server, a ledger or the identity provider behind it is.',
  },
  {
    name: 'CivitasSignInsRefused',
    severity: 'warning',
    expr: 'sum by (reason) (increase(civitas_console_authentication_failures_total[$window])) > $failures',
    limits: { failures: 100 },
    windows: { window: 600 },
    forSeconds: 0,
    summary: 'The console turned {{ $value }} requests away ({{ $labels.reason }})',
    description:
      'An expired session asks once. So many are a program that lost its token, a role that was taken away, or somebody who tries.',
  },
];

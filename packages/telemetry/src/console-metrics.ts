import { catalogueOf } from './metric.ts';

/** Families of the web console. */
export const consoleMetrics = catalogueOf({
  requests: {
    name: 'civitas_console_http_requests_total',
    type: 'counter',
    unit: 'none',
    help: 'Answers of the API by the class of their status; pages are not counted.',
    labels: { method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'other'], status: ['2xx', '3xx', '4xx', '5xx'] },
  },
  requestSeconds: {
    name: 'civitas_console_http_request_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From a request of the API to the end of its answer; streams are left out.',
    labels: { method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'other'] },
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  authenticationFailures: {
    name: 'civitas_console_authentication_failures_total',
    type: 'counter',
    unit: 'none',
    help: 'Requests without a token that holds (401), with one that may not (403), or limited (429).',
    labels: { reason: ['unauthenticated', 'forbidden', 'limited'] },
  },
  auditWritable: {
    name: 'civitas_console_audit_writable',
    type: 'gauge',
    unit: 'none',
    help: '1 while the audit log takes entries; nothing can be changed through the console while it does not.',
    labels: {},
  },
  auditEntries: {
    name: 'civitas_console_audit_entries_total',
    type: 'counter',
    unit: 'none',
    help: 'Entries of the audit log by whether they reached the disk.',
    labels: { result: ['written', 'failed'] },
  },
  directoryUp: {
    name: 'civitas_console_directory_up',
    type: 'gauge',
    unit: 'none',
    help: '1 when the identity provider answered the last call, else 0.',
    labels: {},
  },
  eventStreams: {
    name: 'civitas_console_event_streams',
    type: 'gauge',
    unit: 'none',
    help: 'Open streams of changes: pages that people have open.',
    labels: {},
  },
});

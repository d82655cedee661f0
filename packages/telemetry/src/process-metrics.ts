import { catalogueOf } from './metric.ts';

/** Families of every process of ours. */
export const processMetrics = catalogueOf({
  buildInfo: {
    name: 'civitas_build_info',
    type: 'gauge',
    unit: 'none',
    help: 'Always 1; version, component and engine of this process.',
    labels: { version: '*', component: '*', engine: '*' },
  },
  traceSpans: {
    name: 'civitas_trace_spans_total',
    type: 'counter',
    unit: 'none',
    help: 'Spans of traces by whether the collector took them; dropped: too many waited for it.',
    labels: { result: ['exported', 'failed', 'dropped'] },
  },
  certificateNotAfter: {
    name: 'civitas_tls_certificate_not_after_timestamp_seconds',
    type: 'gauge',
    unit: 'unix_seconds',
    help: 'When the certificate that this process presents ends.',
    labels: { network: '*' },
  },
  certificateReloads: {
    name: 'civitas_tls_reload_total',
    type: 'counter',
    unit: 'none',
    help: 'Certificate sets read from disk: taken into use, or rejected because key, leaf and chain did not belong together.',
    labels: { network: '*', result: ['accepted', 'rejected'] },
  },
});

import type { Alert } from './alert.ts';

/** Every process of the city, whatever it is. */
export const processAlerts: readonly Alert[] = [
  {
    name: 'CivitasTargetDown',
    severity: 'critical',
    expr: 'up{job=~"civitas-.+"} == 0',
    forSeconds: 60,
    summary: '{{ $labels.job }} at {{ $labels.instance }} does not answer its metrics address',
    description:
      'The process is gone, starting over and over, or cut off. A network with one validator stands still while its node is down.',
  },
  {
    name: 'CivitasProcessRestarting',
    severity: 'warning',
    expr: 'changes(process_start_time_seconds{job=~"civitas-.+"}[$window]) > $restarts',
    limits: { restarts: 3 },
    windows: { window: 1800 },
    forSeconds: 0,
    summary: '{{ $labels.job }} at {{ $labels.instance }} started {{ $value }} times within half an hour',
    description: 'It ends soon after each start. State is durable before it is acknowledged, so nothing is lost, but it serves in gaps.',
  },
  {
    name: 'CivitasEventLoopBlocked',
    severity: 'warning',
    expr: 'histogram_quantile(0.99, rate(civitas_event_loop_lag_seconds_bucket{job=~"civitas-.+"}[$window])) > $lagSeconds',
    limits: { lagSeconds: 0.5 },
    windows: { window: 300 },
    forSeconds: 300,
    summary: '{{ $labels.job }} at {{ $labels.instance }} answers {{ $value | humanizeDuration }} late',
    description:
      'The process has more to compute than its share of a processor allows. Calls and probes time out before it stops answering.',
  },
  {
    name: 'CivitasFileDescriptorsLow',
    severity: 'warning',
    expr: 'process_open_fds{job=~"civitas-.+"} / process_max_fds{job=~"civitas-.+"} > $ratio',
    limits: { ratio: 0.8 },
    forSeconds: 300,
    summary: '{{ $labels.job }} at {{ $labels.instance }} holds {{ $value | humanizePercentage }} of the files it may open',
    description:
      'At the limit it can open neither connections nor its store. Watchers that never close, or very many clients, use them up.',
  },
  {
    name: 'CivitasClockSkew',
    severity: 'warning',
    expr: 'abs(civitas_block_clock_offset_seconds - on (network) group_left () quantile by (network) (0.5, civitas_block_clock_offset_seconds)) > $skewSeconds',
    limits: { skewSeconds: 5 },
    forSeconds: 120,
    summary: 'The clock of {{ $labels.node }} in {{ $labels.network }} is {{ $value | humanizeDuration }} off those of the others',
    description:
      'Block times are agreed on by the validators, certificates and expiry of operations are not: with a clock that is off, valid certificates and operations are refused.',
  },
  {
    name: 'CivitasVersionsDiffer',
    severity: 'info',
    expr: 'count by (component) (count by (component, version) (civitas_build_info)) > $versions',
    limits: { versions: 1 },
    forSeconds: 3600,
    summary: 'Processes of {{ $labels.component }} run {{ $value }} different versions',
    description: 'A roll-out should take minutes. One that stands half done keeps new rules of the protocol from coming into force.',
  },
  {
    name: 'CivitasScrapeSlow',
    severity: 'info',
    expr: 'scrape_duration_seconds{job=~"civitas-.+"} > $seconds',
    limits: { seconds: 1 },
    forSeconds: 600,
    summary: 'Metrics of {{ $labels.job }} at {{ $labels.instance }} take {{ $value | humanizeDuration }}',
    description: 'Collecting them holds up the process. Either it is starved of processor time, or it has more series than planned for.',
  },
];

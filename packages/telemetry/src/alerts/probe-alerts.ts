import type { Alert } from './alert.ts';

/** Synthetic operations and packets: what people would meet if they came now. */
export const probeAlerts: readonly Alert[] = [
  {
    name: 'CivitasProbeOperationsFailing',
    severity: 'critical',
    expr: 'sum by (network) (increase(civitas_probe_operations_total{result="failed"}[$window])) > $failures',
    counts: { failures: 4 },
    windows: { window: 300 },
    forSeconds: 60,
    summary: 'Synthetic operations on {{ $labels.network }} get no receipt',
    description: 'What a person submitted now would not be committed in time either, even if nobody does at this hour.',
  },
  {
    name: 'CivitasProbePacketsFailing',
    severity: 'critical',
    expr: 'sum by (source, destination) (increase(civitas_probe_packets_total{result="failed"}[$window])) > $failures',
    counts: { failures: 4 },
    windows: { window: 300 },
    forSeconds: 60,
    summary: 'Synthetic packets from {{ $labels.source }} to {{ $labels.destination }} are not accepted',
    description: 'A packet of a case would wait there as well. The source proves nothing, or the destination does not take its headers.',
  },
  {
    name: 'CivitasProbeSlow',
    severity: 'warning',
    expr: 'civitas_probe_operation_duration_seconds > $seconds',
    limits: { seconds: 3 },
    forSeconds: 300,
    summary: 'A synthetic operation on {{ $labels.network }} takes {{ $value | humanizeDuration }}',
    description: 'The promise is a receipt within 3 s for 99 of 100 operations.',
  },
];

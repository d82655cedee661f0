import type { Alert } from './alert.ts';

/** Disks, snapshots and backups. */
export const storageAlerts: readonly Alert[] = [
  {
    name: 'CivitasStorageUnhealthy',
    severity: 'warning',
    expr: 'civitas_operator_network_condition{condition="StorageHealthy"} == 0',
    forSeconds: 300,
    summary: 'A volume of {{ $labels.network }} fills up and does not grow',
    description: 'A node stops before its volume is full. With several validators the chain goes on without it, until too many stop.',
  },
  {
    name: 'CivitasVolumeFilling',
    severity: 'warning',
    expr: 'civitas_volume_free_bytes / civitas_volume_size_bytes < $ratio',
    limits: { ratio: 0.2 },
    forSeconds: 300,
    summary: 'The volume of {{ $labels.node }} in {{ $labels.network }} has {{ $value | humanizePercentage }} left',
    description: 'A ledger only grows, and a snapshot wants room beside it. A node stops before its volume is full.',
  },
  {
    name: 'CivitasVolumeAlmostFull',
    severity: 'critical',
    expr: 'civitas_volume_free_bytes < $bytes or civitas_volume_free_bytes / civitas_volume_size_bytes < $ratio',
    // A node stops when 64 MiB are left.
    limits: { bytes: 134_217_728, ratio: 0.05 },
    forSeconds: 60,
    summary: 'The volume of {{ $labels.node }} in {{ $labels.network }} is almost full',
    description:
      'Less than 5 % or 128 MiB are left, and the node stops at 64 MiB. What it has is durable and goes on from there once there is room.',
  },
  {
    name: 'CivitasVolumeFullSoon',
    severity: 'warning',
    expr: 'predict_linear(civitas_volume_free_bytes[$window], $horizonSeconds) < 0 and civitas_volume_free_bytes / civitas_volume_size_bytes < $ratio',
    limits: { ratio: 0.5 },
    waits: { horizonSeconds: 86_400 },
    windows: { window: 21_600 },
    forSeconds: 1800,
    summary: 'At this pace the volume of {{ $labels.node }} in {{ $labels.network }} is full within a day',
    description: 'It grows faster than it was laid out for. A rush of operations, or something else on the same disk.',
  },
  {
    name: 'CivitasDiskSlow',
    severity: 'warning',
    expr: 'histogram_quantile(0.99, sum by (network, node, le) (rate(civitas_block_commit_seconds_bucket{step="persist"}[$window]))) > $seconds',
    limits: { seconds: 0.5 },
    windows: { window: 600 },
    forSeconds: 600,
    summary: 'Blocks of {{ $labels.node }} in {{ $labels.network }} take {{ $value | humanizeDuration }} to become durable',
    description: 'A block counts only once it is on disk. A slow disk slows one node first, and the whole network when most share it.',
  },
  {
    name: 'CivitasExecutionSlow',
    severity: 'warning',
    expr: 'histogram_quantile(0.99, sum by (network, node, le) (rate(civitas_block_commit_seconds_bucket{step="execute"}[$window]))) > $seconds',
    limits: { seconds: 1 },
    windows: { window: 600 },
    forSeconds: 600,
    summary: '{{ $labels.node }} of {{ $labels.network }} takes {{ $value | humanizeDuration }} to execute a block',
    description:
      'Blocks are fuller than this machine can execute in time, or it is starved. Rounds grow when a third of the validators is this slow.',
  },
  {
    name: 'CivitasSnapshotFailing',
    severity: 'warning',
    expr: 'sum by (network, node) (increase(civitas_snapshots_total{result=~"failed|no-room"}[$window])) > 0',
    windows: { window: 3600 },
    forSeconds: 0,
    summary: '{{ $labels.node }} of {{ $labels.network }} could not take a snapshot',
    description: 'The ledger goes on. New nodes, rebuilds and backups take the newest snapshot, which grows older.',
  },
  {
    name: 'CivitasBackupUnhealthy',
    severity: 'warning',
    expr: 'civitas_operator_network_condition{condition="BackupHealthy"} == 0',
    forSeconds: 300,
    summary: '{{ $labels.network }} could not be brought back from a recent backup',
    description:
      'Its last backup was given up or did not verify, or its schedule has none yet. The ledger goes on; what could be restored grows older.',
  },
];

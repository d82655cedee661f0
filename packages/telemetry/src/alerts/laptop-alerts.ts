import type { Alert } from './alert.ts';

/** The one root process of a laptop. */
export const laptopAlerts: readonly Alert[] = [
  {
    name: 'CivitasKubeletFaults',
    severity: 'warning',
    expr: 'increase(civitas_localcluster_kubelet_faults[$window]) > 0',
    windows: { window: 600 },
    forSeconds: 0,
    summary: 'The laptop’s kubelet could not serve a pod',
    description: 'Most often the disk of the home folder is full or read-only.',
  },
  {
    name: 'CivitasContainersRestarting',
    severity: 'warning',
    expr: 'increase(civitas_localcluster_container_restarts[$window]) > $restarts',
    limits: { restarts: 5 },
    windows: { window: 900 },
    forSeconds: 0,
    summary: 'Containers of the laptop’s city started again {{ $value }} times within a quarter of an hour',
    description: 'Something ends soon after each start. The pod’s log of the run before says what.',
  },
];

import { catalogueOf } from './metric.ts';

/** Families of the one root process of a laptop: Kubernetes API and process kubelet. */
export const localClusterMetrics = catalogueOf({
  requests: {
    name: 'civitas_localcluster_requests_total',
    type: 'counter',
    unit: 'none',
    help: 'Requests to the Kubernetes API that were authorised or refused, by verb.',
    labels: {
      verb: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'other'],
      allowed: ['true', 'false'],
    },
  },
  pods: {
    name: 'civitas_localcluster_pods',
    type: 'gauge',
    unit: 'none',
    help: 'Pods the kubelet looks after.',
    labels: {},
  },
  processes: {
    name: 'civitas_localcluster_processes',
    type: 'gauge',
    unit: 'none',
    help: 'Processes the kubelet runs.',
    labels: {},
  },
  restarts: {
    name: 'civitas_localcluster_container_restarts',
    type: 'gauge',
    unit: 'none',
    help: 'Containers started again since this process began.',
    labels: {},
  },
  probeFailures: {
    name: 'civitas_localcluster_probe_failures',
    type: 'gauge',
    unit: 'none',
    help: 'Probes that failed since this process began.',
    labels: {},
  },
  faults: {
    name: 'civitas_localcluster_kubelet_faults',
    type: 'gauge',
    unit: 'none',
    help: 'Faults while serving a pod (a full disk, a refused write) since this process began.',
    labels: {},
  },
  proxyConnections: {
    name: 'civitas_localcluster_proxy_connections',
    type: 'gauge',
    unit: 'none',
    help: 'Open connections through the Service proxy.',
    labels: {},
  },
});

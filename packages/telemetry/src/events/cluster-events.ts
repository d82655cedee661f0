import { eventsOf } from './event.ts';

/** Events of the one root process of a laptop: Kubernetes API and process kubelet. */
export const clusterEvents = eventsOf({
  'api-served': { level: 'info', meaning: 'The Kubernetes API is up.', fields: ['url'], says: 'the Kubernetes API is served' },
  'api-request-failed': {
    level: 'error',
    meaning: 'A request to the API failed through our fault.',
    fields: ['err', 'method', 'url'],
    says: 'a request failed',
  },
  'store-follower-failed': {
    level: 'error',
    meaning: 'Something that follows stored objects threw.',
    fields: ['err'],
    says: 'a follower of the store failed',
  },
  'cluster-controller-failed': {
    level: 'error',
    meaning: 'A built-in controller (owner references, Services) failed at an object.',
    fields: ['controller', 'err'],
    says: 'a controller failed',
  },
  'lease-not-renewed': {
    level: 'warn',
    meaning: "The kubelet could not renew the machine's Lease.",
    fields: [],
    says: "the node's Lease was not renewed",
  },
  'strays-ended': {
    level: 'info',
    meaning: 'Processes of an earlier run were still there and were ended.',
    fields: ['strays'],
    says: 'ended processes of a previous run',
  },
  'pod-not-cleaned': {
    level: 'error',
    meaning: 'Files or addresses of a removed pod are left.',
    fields: ['pod'],
    says: 'a removed pod could not be cleaned up',
  },
  'pod-not-run': {
    level: 'error',
    meaning: 'A pod could not be run; the kubelet tries again.',
    fields: ['pod'],
    says: 'a pod could not be run',
  },
  'pod-not-removed': {
    level: 'error',
    meaning: 'A pod could not be stopped; the kubelet tries again.',
    fields: ['pod'],
    says: 'a pod could not be removed',
  },
  'service-not-listened': {
    level: 'warn',
    meaning: 'The address of a Service is taken by something else.',
    fields: ['service'],
    says: 'a Service address cannot be listened on; it will be tried again',
  },
  'kubelet-fault': {
    level: 'error',
    meaning: 'One object could not be worked on; others are.',
    fields: ['kind', 'namespace', 'object'],
    says: 'the kubelet could not do its work on an object',
  },
});

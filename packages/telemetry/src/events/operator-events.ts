import { eventsOf } from './event.ts';

/** Events of the operator and of the Kubernetes runtime that it, the console and the cluster of a laptop share. */
export const operatorEvents = eventsOf({
  'operator-leads': { level: 'info', meaning: 'This replica holds the Lease and its controllers run.', fields: [] },
  'runtime-report': {
    level: 'warn',
    meaning: 'What a controller did or found, in the words of the condition or Event it wrote; `message` is the sentence.',
    fields: ['reason', 'change', 'organisation', 'state'],
  },
  'controllers-not-started': {
    level: 'error',
    meaning: 'The process ends and another replica leads.',
    fields: [],
    says: 'the controllers could not be started',
  },
  'kind-not-served': {
    level: 'warn',
    meaning: 'A definition is missing in the cluster; its controller waits for it.',
    fields: ['controller'],
    says: 'its kind is not served: it waits for the definition',
  },
  'controller-not-started': {
    level: 'debug',
    meaning: 'A controller that waited for its kind was not started.',
    fields: ['controller'],
    says: 'it was not started',
  },
  'reconcile-failed': {
    level: 'warn',
    meaning: 'One look at an object failed; it is tried again, later and later.',
    fields: ['controller', 'key', 'retries'],
    says: 'reconcile failed; it will be tried again',
  },
  'reconcile-gave-up': {
    level: 'error',
    meaning: 'What an object asks cannot be done as it stands; the next change is looked at.',
    fields: ['controller', 'key'],
    says: 'reconcile gave up until the object changes',
  },
  'reconciles-aborted': {
    level: 'warn',
    meaning: 'The process ends while objects are being looked at.',
    fields: ['controller', 'active'],
    says: 'reconciles still running; aborting them',
  },
  leading: { level: 'info', meaning: 'The Lease was taken.', fields: ['lease', 'identity'], says: 'leading' },
  'leading-ended': {
    level: 'warn',
    meaning: 'The Lease was lost or given back; the process ends.',
    fields: ['lease', 'identity', 'reason'],
    says: 'not leading any more',
  },
  'lease-unreachable': {
    level: 'warn',
    meaning: 'The Lease could not be read or written; leading ends unless that changes in time.',
    fields: ['lease'],
    says: 'the Lease could not be read or written',
  },
  'lease-not-given-back': {
    level: 'warn',
    meaning: 'The next replica leads once it has expired.',
    fields: ['lease'],
    says: 'the Lease was not given back; it expires',
  },
  'watch-failed': {
    level: 'debug',
    meaning: 'A list or watch ended early and is begun again.',
    fields: ['resource', 'failures'],
    says: 'a list or watch failed',
  },
  'watch-keeps-failing': {
    level: 'warn',
    meaning: 'Objects of a kind cannot be followed; what is known of them grows old.',
    fields: ['resource', 'failures'],
    says: 'lists or watches fail again and again; they are tried on',
  },
  'subscriber-threw': {
    level: 'error',
    meaning: 'A bug in what follows objects; the others are told all the same.',
    fields: ['resource'],
    says: 'a subscriber threw; the reflector goes on',
  },
  'event-not-written': {
    level: 'warn',
    meaning: 'A Kubernetes Event was lost; nothing depends on it.',
    fields: ['reason'],
    says: 'an Event was not written',
  },
  'relay-key-reported': {
    level: 'info',
    meaning: 'The relay said under which key it works.',
    fields: ['podUID'],
    says: 'the relay reported its key',
  },
  'relay-silent': {
    level: 'debug',
    meaning: 'The relay does not answer yet; it is asked again.',
    fields: [],
    says: 'the relay does not answer yet',
  },
  'drain-unanswered': {
    level: 'warn',
    meaning: 'A node that is to stop did not say that it came to rest; it is stopped all the same.',
    fields: [],
    says: 'the node did not answer Drain',
  },
  'registry-refused': {
    level: 'warn',
    meaning: "The city's registry did not take a network.",
    fields: [],
    says: 'city.registry refused the network',
  },
  'proposal-kept': {
    level: 'warn',
    meaning: 'A proposal could not be withdrawn.',
    fields: ['change'],
    says: 'the ledger does not take the proposal back',
  },
  'console-request-refused': {
    level: 'warn',
    meaning: "The console's request for a certificate is not one that is answered.",
    fields: ['problem'],
    says: 'the request of the console cannot be answered',
  },
  'volume-not-grown': {
    level: 'warn',
    meaning: 'The cluster does not let a claim grow.',
    fields: ['volume'],
    says: 'the volume does not grow',
  },
});

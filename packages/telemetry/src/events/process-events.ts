import { eventsOf } from './event.ts';

/** Events of every process of ours. */
export const processEvents = eventsOf({
  'start-failed': { level: 'fatal', meaning: 'The process could not begin; it ends.', fields: [] },
  'uncaught-exception': {
    level: 'fatal',
    meaning: 'A bug or a fault that nothing caught; the process ends and is started again.',
    fields: [],
  },
  'unhandled-rejection': {
    level: 'fatal',
    meaning: 'As uncaught-exception, of work that ran beside; the process ends and is started again.',
    fields: [],
  },
  'stop-failed': { level: 'fatal', meaning: 'The process could not close in order; nothing durable depends on it.', fields: [] },
  stopping: { level: 'info', meaning: 'Told to end: what is in flight is finished.', fields: ['signal'] },
  'stop-took-too-long': { level: 'warn', meaning: 'What was in flight is left; the process ends now.', fields: ['stopMsMax'] },
  stopped: { level: 'info', meaning: 'Everything is closed.', fields: [] },
  'log-level-changed': {
    level: 'warn',
    meaning: 'The level of this log was changed while it ran, by whom, and when it goes back by itself.',
    fields: ['from', 'to', 'by', 'untilUnixMs'],
  },
  'certificate-accepted': { level: 'info', meaning: 'A certificate set was read and is in use.', fields: ['notAfterUnixMs'] },
  'certificate-rejected': {
    level: 'warn',
    meaning: 'Key, leaf and chain on disk do not belong together; the set in use stays.',
    fields: [],
  },
  'config-refused': { level: 'error', meaning: 'The mounted configuration is not valid; the one in use stays.', fields: [] },
  'tracing-started': { level: 'info', meaning: 'Spans are sent to a collector.', fields: ['endpoint', 'samplePerMille'] },
  'tracing-failed': { level: 'error', meaning: 'The exporter of spans could not be loaded; there are no traces.', fields: [] },
});

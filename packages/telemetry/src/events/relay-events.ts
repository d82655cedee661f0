import { eventsOf } from './event.ts';

/** Events of a relay. */
export const relayEvents = eventsOf({
  relaying: { level: 'info', meaning: 'The relay is up.', fields: ['relayKeyId'] },
  'direction-served': { level: 'info', meaning: 'Packets of this direction are carried from now on.', fields: [] },
  'network-not-opened': { level: 'warn', meaning: 'A network cannot be reached yet, mostly for want of its certificate.', fields: [] },
  'relay-pass-failed': {
    level: 'warn',
    meaning: 'A look at a direction ended early; it is tried again, later and later.',
    fields: ['failureCount'],
  },
  'relay-fault': { level: 'error', meaning: 'A look at a direction failed through our fault; it is tried again.', fields: [] },
  'relay-operation-refused': {
    level: 'warn',
    meaning: "A ledger refused a whole operation of the relay's.",
    fields: ['verb', 'sequences'],
  },
  'packet-refused': {
    level: 'warn',
    meaning: 'A ledger refused one packet, or a header that the packet asks for is not to be had; it is tried again, ever later.',
    fields: ['verb'],
  },
  'packet-stuck': {
    level: 'warn',
    meaning: 'A packet has been open for long; the step it waits for and why.',
    fields: ['step', 'why', 'ageMs'],
  },
  'probe-failed': {
    level: 'warn',
    meaning: 'A synthetic operation or packet failed; the next one is tried in its turn.',
    fields: ['failureCount'],
  },
  relayed: { level: 'debug', meaning: 'Packets were carried or acknowledged.', fields: ['verb', 'packets'] },
});

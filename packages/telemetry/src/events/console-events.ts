import { eventsOf } from './event.ts';

/** Events of the console and of the identity provider in it. */
export const consoleEvents = eventsOf({
  'console-serves': { level: 'info', meaning: 'The console is up.', fields: ['url', 'web'] },
  'audit-log-broken': {
    level: 'error',
    meaning: 'The chain of the audit log does not hold; nothing audited is done until it does.',
    fields: ['problem'],
  },
  audited: {
    level: 'info',
    meaning: 'A line was added to the audit log: its number, its hash and whether before or after the act.',
    fields: ['hash', 'stage'],
  },
  'audit-end-lost': {
    level: 'error',
    meaning: 'The audit log has that something was asked, under this number, and could not take what became of it: done or failed.',
    fields: ['stage'],
  },
  'request-failed': { level: 'error', meaning: 'A request failed through our fault.', fields: ['method', 'route', 'request'] },
  'request-refused': {
    level: 'warn',
    meaning: 'A request could not be served because something behind the console did not answer.',
    fields: ['method', 'route', 'request'],
  },
  'invitations-unsettled': {
    level: 'warn',
    meaning: 'Roles of an invitation that was taken up are not written yet; the next sign-in tries again.',
    fields: ['agency'],
  },
  'identity-unreachable': {
    level: 'warn',
    meaning: 'The identity provider did not answer a question that is asked by the clock.',
    fields: [],
  },
  'identity-failed': { level: 'error', meaning: 'The identity provider failed at a request.', fields: [] },
  'identity-fault': { level: 'warn', meaning: 'The identity provider met a fault of ours.', fields: [] },
  'identity-users-made': { level: 'info', meaning: 'People of the sample were given their first passwords.', fields: ['users'] },
  'identity-sessions-broken': { level: 'warn', meaning: 'Sessions could not be read back; people sign in again.', fields: [] },
  'identity-key-rotated': { level: 'info', meaning: 'Tokens are signed with a new key.', fields: [] },
  'identity-housekeeping-failed': { level: 'warn', meaning: 'What has expired was not cleared away; it is tried again.', fields: [] },
  'identity-token-refused': { level: 'info', meaning: 'A client was not given a token.', fields: ['client', 'detail'] },
  'identity-invitation-accepted': { level: 'info', meaning: 'A person took an invitation up.', fields: ['invitation', 'organization'] },
  'identity-signed-in': { level: 'info', meaning: 'A person signed in, at this level.', fields: ['user', 'acr'] },
  'identity-sign-in-refused': { level: 'info', meaning: 'A sign-in was refused, for what was tried.', fields: ['sign', 'address'] },
  'identity-password-changed': { level: 'info', meaning: 'A person changed the password.', fields: ['user'] },
});

import { type Static, Type } from '@sinclair/typebox';
import { closed, hash, oneOf, text, time } from './shape.ts';

/**
 * One entry of the audit log. `hash` is SHA-256 over the canonical JSON of the entry without `hash`, so that each names the one before it
 * by `previous` and the browser can check the chain.
 */
export const AuditEntry = closed({
  sequence: Type.Integer({ minimum: 1 }),
  at: time('When it was written: before what it announces was done.'),
  sub: text('Who: subject of the token.', 255),
  name: text('Who: name at that time.', 255),
  agency: text('Agency in whose name; empty for the platform.', 63),
  action: text('Name of the route, such as createAgency.', 64),
  resource: text('What it is about.', 256),
  stage: oneOf(['asked', 'done', 'failed'], 'Before it is done, and what became of it.'),
  of: Type.Integer({ description: 'Sequence of the `asked` entry that this one closes; 0 for that itself.', minimum: 0 }),
  facts: Type.Unknown({ description: 'What was asked, without secrets; the problem’s code where it failed.' }),
  previous: hash('Hash of the entry before; zeros for the first.'),
  hash: hash('Hash of this entry.'),
});

export type AuditEntry = Static<typeof AuditEntry>;

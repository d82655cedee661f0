import { type Static, Type } from '@sinclair/typebox';
import { closed, oneOf, text, whole } from './shape.ts';

/** Who read what about a person, and why. */
export const Access = closed({
  id: text('Id of the record.', 128),
  network: text('LedgerNetwork.', 63),
  reader: text('Organisation that read.', 64),
  subject: text('Subject id on that ledger.', 64),
  purpose: text('Purpose code.', 64),
  legalBasis: text('Legal basis; empty where the record has none.', 128),
  what: text('What was read.', 256),
  atUnixMs: whole('When.'),
});

/** A consent of a person. */
export const Consent = closed({
  id: text('Id of the record.', 128),
  network: text('LedgerNetwork.', 63),
  subject: text('Subject id on that ledger.', 64),
  grantee: text('Organisation that may.', 64),
  purpose: text('Purpose code.', 64),
  scope: text('What it covers.', 256),
  status: oneOf(['active', 'withdrawn', 'expired', 'spent'], 'Whether it holds.'),
  grantedAtUnixMs: whole('When it was given.'),
  expiresAtUnixMs: whole('When it ends; 0 for never.'),
});

export type Access = Static<typeof Access>;
export type Consent = Static<typeof Consent>;

import { type Static, Type } from '@sinclair/typebox';
import { closed, Names, oneOf, text, whole } from './shape.ts';

const DISPUTE_GROUNDS = ['unknown-agency', 'no-reason', 'wrong-person', 'misuse-suspected'] as const;

/** Somebody read what an agency holds about the citizen. */
export const CitizenAccess = closed({
  id: text('Id of the entry.', 94),
  source: text('Chain id of the ledger that keeps the record.', 64),
  requester: text('Organisation that read.', 64),
  custodian: text('Organisation that holds what was read.', 64),
  what: text('Question that was asked, or `documents`.', 64),
  purpose: text('Why.', 64),
  basis: text('Legal basis.', 64),
  atUnixMs: whole('When.'),
  dispute: oneOf(['none', 'open', 'explained'], 'Whether the citizen disputes it.'),
  explanation: text('Code of the explanation; empty before there is one.', 64),
  explainDueUnixMs: whole('Until when it has to be explained; 0 without a dispute.'),
  requesterName: Names,
  custodianName: Names,
  isOverdue: Type.Boolean({ description: 'The time to explain is over.' }),
});

const terms = {
  custodian: text('Organisation that would answer.', 64),
  source: text('Chain id of its ledger.', 64),
  requester: text('Organisation that may ask.', 64),
  requesterNetwork: text('Chain id of its ledger.', 64),
  predicate: text('The one question that it may ask.', 64),
  purpose: text('What for.', 64),
} as const;

export const CitizenConsent = closed({
  id: text('Id on the ledger.', 64),
  ...terms,
  status: oneOf(['granted', 'withdrawn'], 'What became of it.'),
  expiresAtUnixMs: whole('When it ends.'),
  usesLeft: whole('How often it may still be used.'),
  usesMax: whole('How often it could be used.'),
  requesterName: Names,
  custodianName: Names,
  mayWithdraw: Type.Boolean({ description: 'The portal here keeps the key that granted it.' }),
});

/** Something that a citizen may consent to, as the agencies of the city take part in its ledgers. */
export const ConsentOffer = closed({ ...terms, requesterName: Names, custodianName: Names });

/** Everything that is about whoever asks. */
export const Citizen = closed({
  state: oneOf(['tied', 'untied'], 'Whether the account is tied to a person; without that nothing is shown.'),
  portal: text('Organisation that keeps the citizen’s key.', 63),
  account: text('The account’s own number, for the portal’s counter.', 255),
  accesses: Type.Array(CitizenAccess),
  nextAccess: Type.Optional(text('Cursor of the next page of accesses.', 512)),
  consents: Type.Array(CitizenConsent),
  offers: Type.Array(ConsentOffer),
});

export const NewConsent = closed({
  ...(Object.fromEntries(Object.entries(terms).map(([field, schema]) => [field, { ...schema, minLength: 1 }])) as typeof terms),
  days: Type.Integer({ description: 'Days that it holds, besides today.', minimum: 1, maximum: 89 }),
  usesMax: Type.Integer({ description: 'How often it may be used.', minimum: 1, maximum: 100 }),
  shown: text('What the citizen read before they consented; kept in the portal’s vault.', 1024),
});

export const NewDispute = closed({ ground: oneOf(DISPUTE_GROUNDS, 'Why.') });

/** What a citizen’s signature became on the ledger. */
export const CitizenDeed = closed({ id: text('Id of what it is about.', 94), height: whole('Block that holds it.') });

export type CitizenAccess = Static<typeof CitizenAccess>;
export type CitizenConsent = Static<typeof CitizenConsent>;
export type ConsentOffer = Static<typeof ConsentOffer>;
export type Citizen = Static<typeof Citizen>;
export type NewConsent = Static<typeof NewConsent>;
export type NewDispute = Static<typeof NewDispute>;
export type CitizenDeed = Static<typeof CitizenDeed>;

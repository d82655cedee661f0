import { type Static, Type } from '@sinclair/typebox';
import { closed, oneOf, text, time, whole } from './shape.ts';

/** A change that founders of a network decide, as its ledger has it. */
export const Proposal = closed({
  id: text('Id on the ledger.', 64),
  network: text('LedgerNetwork.', 63),
  kind: text('Kind of the change, such as enrolOrganisation.', 64),
  change: Type.Unknown({ description: 'The change itself.' }),
  subject: text('Whom or what it is about.', 256),
  proposer: text('Organisation that proposed it.', 64),
  proposedAtUnixMs: whole('When.'),
  status: oneOf(['open', 'applied', 'failed'], 'Where it stands.'),
  failure: text('Code of why it could not be applied; empty otherwise.', 64),
  approvals: Type.Array(text('Founder that approved.', 64)),
  approvalsNeeded: whole('Approvals that apply it.'),
  mayApprove: Type.Array(text('Founder that has not yet.', 64)),
});

/** One thing that waits for the caller. */
export const InboxItem = closed({
  id: text('Stable id.', 256),
  kind: oneOf(['proposal', 'invitation', 'certificate', 'condition'], 'What it is.'),
  title: text('What waits, in English; the web words it by kind and facts.', 512),
  agency: Type.Optional(text('Agency whose people must act.', 63)),
  network: Type.Optional(text('LedgerNetwork it is about.', 63)),
  resource: text('Kind/name of what it changes.', 192),
  since: time('Since when it waits.'),
  deadline: Type.Optional(time('Until when.')),
  actions: Type.Array(oneOf(['approve', 'open'], 'What the caller may do.')),
  proposal: Type.Optional(Proposal),
});

export const Inbox = closed({
  items: Type.Array(InboxItem),
  unreachable: Type.Array(text('LedgerNetwork.', 63), { description: 'Ledgers that could not be asked.' }),
});

/** What became of an approval. */
export const Approval = closed({
  proposal: text('Id on the ledger.', 64),
  status: oneOf(['open', 'applied', 'failed'], 'Where the proposal stands now.'),
  operationHash: text('Hash of the operation, hex.', 64),
  height: whole('Block that holds it.'),
});

export type Proposal = Static<typeof Proposal>;
export type InboxItem = Static<typeof InboxItem>;
export type Inbox = Static<typeof Inbox>;
export type Approval = Static<typeof Approval>;

import { type Static, Type } from '@sinclair/typebox';
import { REASON_CHARS_MAX } from './limits.ts';
import { closed, name, oneOf, text, time, whole } from './shape.ts';

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

const base64url = (description: string, charsMax: number) =>
  Type.String({ description, minLength: 1, maxLength: charsMax, pattern: '^[A-Za-z0-9_-]+$' });

/** An approval that waits for the person's own key to sign it. */
export const PreparedApproval = closed({
  body: base64url('Body of the operation, base64url of canonical JSON: what is signed for.', 131_072),
  operationHash: text('Its hash, hex.', 64),
  coSignBytes: base64url('What the key signs, base64url.', 1024),
  expiresAtUnixMs: whole('It is worth nothing after this.'),
});

/** The prepared approval with the signature of a key that the agency has enrolled. */
export const SignedApproval = closed({
  agency: name('Founder in whose name.'),
  body: base64url('As it was prepared.', 131_072),
  publicKey: base64url('Ed25519 key of the person, base64url.', 43),
  signature: base64url('Signature of `coSignBytes`, base64url.', 86),
  reason: Type.Optional(text('Why, for the audit log.', REASON_CHARS_MAX)),
});

/** A key that a person has made, to be enrolled by the members of a network. */
export const NewApproverKey = closed({
  agency: name('Agency of the person.'),
  publicKey: Type.String({ description: 'Ed25519, base64url.', pattern: '^[A-Za-z0-9_-]{43}$' }),
  label: Type.String({ description: 'Name of the key, for people; no personal data.', minLength: 1, maxLength: 64 }),
});

export const ProposedKey = closed({
  proposal: text('Proposal that enrols it.', 64),
  keyId: text('Id of the key.', 43),
  operationHash: text('Hash of the operation, hex.', 64),
  height: whole('Block that holds it.'),
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
export type PreparedApproval = Static<typeof PreparedApproval>;
export type SignedApproval = Static<typeof SignedApproval>;
export type NewApproverKey = Static<typeof NewApproverKey>;
export type ProposedKey = Static<typeof ProposedKey>;

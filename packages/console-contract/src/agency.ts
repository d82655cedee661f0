import { type Static, Type } from '@sinclair/typebox';
import { objectHead } from './condition.ts';
import { Difference } from './difference.ts';
import { CSR_CHARS_MAX, EMAIL_CHARS_MAX, MEMBERSHIPS_MAX, ROLES_MAX } from './limits.ts';
import { ROLES } from './role.ts';
import { closed, Names, name, oneOf, text, time, whole } from './shape.ts';

const Membership = closed({
  network: name('LedgerNetwork.'),
  roles: Type.Array(name('A role of that ledger.'), { maxItems: ROLES_MAX, uniqueItems: true }),
});
const Quotas = closed({
  pods: Type.Optional(Type.Integer({ description: 'Pods in its namespace.', minimum: 0, maximum: 1000 })),
  configMaps: Type.Optional(Type.Integer({ description: 'ConfigMaps in its namespace.', minimum: 4, maximum: 10_000 })),
});
export const APPROVAL_POLICIES = ['manual', 'auto'] as const;
const approvalPolicy = oneOf(APPROVAL_POLICIES, 'Whether its gateway approves every proposal by itself or persons do.');

/** An agency and where it stands. */
export const Agency = closed({
  ...objectHead,
  displayName: Names,
  founder: Type.Boolean(),
  approvalPolicy,
  namespace: Type.Optional(text('Namespace that is its own.', 63)),
  organizationId: Type.Optional(text('Its organization in the identity provider.', 64)),
  quotas: Quotas,
  memberships: Type.Array(
    closed({
      network: text('LedgerNetwork.', 63),
      roles: Type.Array(text('Role on the ledger.', 63)),
      state: text('Pending, Proposed or Enrolled; empty while unknown.', 16),
      onLedgerHeight: Type.Optional(whole('Height at which it was seen enrolled.')),
      approvalsMissing: Type.Optional(whole('Approvals its open proposal still needs.')),
      message: Type.Optional(text('What it waits for.', 256)),
    }),
  ),
  clients: Type.Array(
    closed({
      name: text('Client.', 63),
      networks: whole('Networks it has certificates for.'),
      problem: Type.Optional(text('Why its request was refused.', 256)),
    }),
  ),
  approvers: Type.Array(closed({ name: text('Name of the key.', 63), publicKey: text('Ed25519 key of a person, base64url.', 43) }), {
    description: 'Persons whose approvals count for it, on networks that it founds from the first block on.',
  }),
});

/** An agency as the wizard asks for it. */
export const NewAgency = closed({
  name: name('Name, which is its organization’s alias too and never changes.'),
  displayName: closed({ zh: Type.String({ minLength: 1, maxLength: 128 }), en: Type.String({ minLength: 1, maxLength: 128 }) }),
  approvalPolicy: Type.Optional(approvalPolicy),
  memberships: Type.Array(Membership, { maxItems: MEMBERSHIPS_MAX }),
  quotas: Type.Optional(Quotas),
});

/** What of an agency may be changed; what is left out stays. */
export const AgencyChange = closed({
  displayName: Type.Optional(NewAgency.properties.displayName),
  memberships: Type.Optional(NewAgency.properties.memberships),
  quotas: Type.Optional(Quotas),
});

/** What a program of an agency shows for itself: public halves of keys that stay with it. Nothing else fits, so no private key can be sent. */
export const ClientRequest = closed({
  operationPublicKey: Type.String({ description: 'Its Ed25519 operation key, base64url.', pattern: '^[A-Za-z0-9_-]{43}$' }),
  csr: Type.String({
    description: 'PKCS#10 request for its TLS key, PEM, and nothing besides.',
    minLength: 1,
    maxLength: CSR_CHARS_MAX,
    pattern: '^-----BEGIN CERTIFICATE REQUEST-----[A-Za-z0-9+/=\\r\\n]+-----END CERTIFICATE REQUEST-----\\r?\\n?$',
  }),
});

/** The public half of a key that a person made for themselves. Nothing else fits, so no private key can be sent. */
export const Approver = closed({
  publicKey: Type.String({
    description: 'Ed25519, base64url: 32 bytes.',
    minLength: 43,
    maxLength: 43,
    pattern: '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$',
  }),
});

/** Who approves for an agency from now on, on every network of its. */
export const NewApprovalPolicy = closed({ approvalPolicy });

export const ChangedApprovalPolicy = closed({
  dryRun: Type.Boolean(),
  agency: Agency,
  differences: Type.Array(Difference, { description: 'What changes, or would change, in the resource.' }),
});

export const CreatedAgency = closed({ dryRun: Type.Boolean(), agency: Agency, yaml: text('The manifest.', 65_536) });

const email = Type.String({ description: 'E-mail address.', minLength: 3, maxLength: EMAIL_CHARS_MAX, pattern: '^[^@\\s]+@[^@\\s]+$' });

/** A person of an agency. */
export const Member = closed({
  id: text('Id in the identity provider.', 64),
  username: text('Sign-in name.', 255),
  name: text('Name to show.', 255),
  email: text('E-mail address.', EMAIL_CHARS_MAX),
  enabled: Type.Boolean(),
  roles: Type.Array(oneOf(ROLES, 'A role.')),
});

const roles = Type.Array(oneOf(ROLES, 'A role.'), { maxItems: ROLES.length, uniqueItems: true });

export const Invitation = closed({
  id: text('Id in the identity provider.', 64),
  email: text('Whom it went to.', EMAIL_CHARS_MAX),
  firstName: text('First name.', 255),
  lastName: text('Last name.', 255),
  roles,
  state: oneOf(['pending', 'expired'], 'Where it stands.'),
  sentAt: time('When it went out.'),
  expiresAt: time('Until when it can be taken.'),
});

/** Roles are given once the person has accepted. */
export const NewInvitation = closed({
  email,
  firstName: Type.String({ minLength: 1, maxLength: 64 }),
  lastName: Type.String({ minLength: 1, maxLength: 64 }),
  roles,
});

export type Agency = Static<typeof Agency>;
export type NewAgency = Static<typeof NewAgency>;
export type AgencyChange = Static<typeof AgencyChange>;
export type ClientRequest = Static<typeof ClientRequest>;
export type Approver = Static<typeof Approver>;
export type NewApprovalPolicy = Static<typeof NewApprovalPolicy>;
export type ChangedApprovalPolicy = Static<typeof ChangedApprovalPolicy>;
export type CreatedAgency = Static<typeof CreatedAgency>;
export type Member = Static<typeof Member>;
export type Invitation = Static<typeof Invitation>;
export type NewInvitation = Static<typeof NewInvitation>;

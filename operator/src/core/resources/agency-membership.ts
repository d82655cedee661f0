import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { PROPOSAL_ID_CHARS_MAX, ROLES_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { nameString, rules, statusHead, text } from './schema.ts';

export const MEMBERSHIP_MESSAGES = {
  parties: 'a membership is of one agency in one network: end it and make another one',
  platform: 'platform and relay are roles of the platform itself: no agency may hold them',
} as const;

export const AgencyMembershipSpec = Type.Object(
  {
    agencyRef: nameString('Agency that takes part.'),
    networkRef: nameString('LedgerNetwork of this namespace that it takes part in.'),
    roles: Type.Optional(
      Type.Array(nameString('A role of that ledger.'), {
        description: 'Roles besides `member`, which everyone has.',
        maxItems: ROLES_MAX,
        'x-kubernetes-list-type': 'set',
        ...rules({ rule: "!self.exists(r, r == 'platform' || r == 'relay')", message: MEMBERSHIP_MESSAGES.platform }),
      }),
    ),
    expiresAt: Type.Optional(
      Type.String({ description: 'From then on its end is proposed to the members.', format: 'date-time', maxLength: 40 }),
    ),
    ended: Type.Optional(
      Type.Boolean({
        description:
          'Its end is proposed to the members. Taking this back before they decide proposes nothing more; what they decide holds.',
      }),
    ),
  },
  {
    ...rules({
      rule: 'self.agencyRef == oldSelf.agencyRef && self.networkRef == oldSelf.networkRef',
      message: MEMBERSHIP_MESSAGES.parties,
    }),
  },
);

export const AgencyMembershipStatus = Type.Object({
  ...statusHead,
  onLedgerHeight: Type.Optional(Type.Integer({ description: 'Height at which it was seen enrolled.', minimum: 0 })),
  proposal: Type.Optional(text('Proposal to end it; recorded before it is made.', PROPOSAL_ID_CHARS_MAX)),
  approvals: Type.Optional(
    Type.Object(
      {
        given: Type.Integer({ description: 'Founders that approved.', minimum: 0 }),
        needed: Type.Integer({ description: 'Founders that must.', minimum: 0 }),
      },
      { description: 'Of the proposal that is open.' },
    ),
  ),
});

export const agencyMembershipKind: Kind<typeof AgencyMembershipSpec, typeof AgencyMembershipStatus> = {
  kind: 'AgencyMembership',
  plural: 'agencymemberships',
  singular: 'agencymembership',
  shortName: 'agcm',
  scope: 'Namespaced',
  description: 'One agency in one network: its roles, until when, and how its members let it in and out. Removal is their decision too.',
  spec: AgencyMembershipSpec,
  status: AgencyMembershipStatus,
  columns: [
    { name: 'Agency', type: 'string', jsonPath: '.spec.agencyRef' },
    { name: 'Network', type: 'string', jsonPath: '.spec.networkRef' },
    PHASE_COLUMN,
    { name: 'Since', type: 'integer', jsonPath: '.status.onLedgerHeight', description: 'Height at which it was seen enrolled.' },
    { name: 'Expires', type: 'date', jsonPath: '.spec.expiresAt' },
    AGE_COLUMN,
    { name: 'Roles', type: 'string', jsonPath: '.spec.roles', priority: 1 },
  ],
};

export type AgencyMembershipSpec = Static<typeof AgencyMembershipSpec>;
export type AgencyMembershipStatus = Static<typeof AgencyMembershipStatus>;
export type AgencyMembershipObject = CustomObject<AgencyMembershipSpec, AgencyMembershipStatus>;

import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import {
  APPROVERS_MAX,
  CLIENTS_MAX,
  CSR_CHARS_MAX,
  DISPLAY_NAME_CHARS_MAX,
  MAIL_DOMAIN_CHARS_MAX,
  MAIL_DOMAINS_MAX,
  MEMBERSHIPS_MAX,
  ROLES_MAX,
} from './limits.ts';
import type { CustomObject } from './object.ts';
import { base64urlString, mapList, nameString, oneOf, rules, statusHead, text } from './schema.ts';

const MAIL_DOMAIN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)+$';

export const AgencyMembership = Type.Object({
  network: nameString('Name of the LedgerNetwork.'),
  namespace: Type.Optional(nameString('Its namespace; default that of CityConfig.')),
  roles: Type.Array(nameString('A role of that ledger.'), {
    description: 'Roles besides `member`, which everyone has.',
    maxItems: ROLES_MAX,
    'x-kubernetes-list-type': 'set',
    ...rules({
      rule: "!self.exists(r, r == 'platform' || r == 'relay')",
      message: 'platform and relay are roles of the platform itself: no agency may hold them',
    }),
  }),
});

export const AgencyClient = Type.Object({
  name: nameString('Name of the client, such as cli.'),
  operationPublicKey: base64urlString('Its Ed25519 operation key, base64url.', 32),
  csr: text('PKCS#10 request for its TLS key, PEM.', CSR_CHARS_MAX, { minLength: 1, pattern: '^-----BEGIN CERTIFICATE REQUEST-----' }),
});

/** Unpadded base64url of 32 bytes: the last character carries four bits. */
const KEY_FORM = '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$';

export const AGENCY_MESSAGES = {
  approverTwice: 'each approver has a key of their own: no two may name the same',
  approverIsClient: 'an approver’s key signs approvals and nothing else: it may not be the operation key of a client',
} as const;

export const AgencyApprover = Type.Object({
  name: nameString('Name of the key on the ledger, such as chief-clerk; no personal data.'),
  publicKey: text('Ed25519 key that the person made for themselves, base64url.', 43, { minLength: 43, pattern: KEY_FORM }),
});

export const AgencySpec = Type.Object(
  {
    displayName: Type.Object({
      zh: text('In Chinese.', DISPLAY_NAME_CHARS_MAX, { minLength: 1 }),
      en: text('In English.', DISPLAY_NAME_CHARS_MAX, { minLength: 1 }),
    }),
    founder: Type.Optional(
      Type.Boolean({ description: 'Stands in the genesis of its networks and approves proposals there.', default: false }),
    ),
    approvalPolicy: Type.Optional(
      oneOf('Whether its gateway approves every proposal by itself (auto) or persons do (manual, the default).', ['manual', 'auto'], {
        default: 'manual',
      }),
    ),
    memberships: mapList(AgencyMembership, ['network'], { description: 'Networks it takes part in.', maxItems: MEMBERSHIPS_MAX }),
    clients: Type.Optional(
      mapList(AgencyClient, ['name'], { description: 'Programs that act for it with keys of their own.', maxItems: CLIENTS_MAX }),
    ),
    approvers: Type.Optional(
      Type.Array(AgencyApprover, {
        description: 'Persons who approve for it: a network that it founds is born with their keys, and members enrol them on the others.',
        maxItems: APPROVERS_MAX,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        ...rules({
          rule: 'self.all(a, self.exists_one(b, b.publicKey == a.publicKey))',
          message: AGENCY_MESSAGES.approverTwice,
        }),
      }),
    ),
    identity: Type.Optional(
      Type.Object({
        domains: Type.Optional(
          Type.Array(text('A mail domain.', MAIL_DOMAIN_CHARS_MAX, { pattern: MAIL_DOMAIN }), {
            description: 'Mail domains whose people are its own, such as hospital.example.',
            maxItems: MAIL_DOMAINS_MAX,
            'x-kubernetes-list-type': 'set',
          }),
        ),
        deletionPolicy: Type.Optional(
          oneOf(
            'What becomes of its organization at the identity provider: Retain disables it, Delete takes it and its people along.',
            ['Retain', 'Delete'],
            {
              default: 'Retain',
            },
          ),
        ),
      }),
    ),
    quotas: Type.Optional(
      Type.Object({
        pods: Type.Optional(Type.Integer({ description: 'Pods in its namespace.', minimum: 0, maximum: 1000 })),
        configMaps: Type.Optional(Type.Integer({ description: 'ConfigMaps in its namespace.', minimum: 4, maximum: 10_000 })),
      }),
    ),
  },
  rules({
    rule: '!has(self.approvers) || !has(self.clients) || !self.approvers.exists(a, self.clients.exists(c, c.operationPublicKey == a.publicKey))',
    message: AGENCY_MESSAGES.approverIsClient,
  }),
);

export const AgencyStatus = Type.Object({
  ...statusHead,
  namespace: Type.Optional(text('Namespace that is its own.', 63)),
  organizationId: Type.Optional(text('Its organization at the identity provider.', 64)),
  serviceClientSecret: Type.Optional(text('Secret of its service client at the identity provider, namespace/name.', 160)),
  memberships: Type.Optional(
    mapList(
      Type.Object({
        network: nameString('Name of the LedgerNetwork.'),
        state: oneOf('How far it got.', ['Pending', 'Proposed', 'Enrolled']),
        onLedgerHeight: Type.Optional(Type.Integer({ description: 'Height at which it was seen enrolled.', minimum: 0 })),
        approvalsMissing: Type.Optional(Type.Integer({ description: 'Approvals its open proposal still needs.', minimum: 0 })),
        message: Type.Optional(text('What it waits for.', 256)),
      }),
      ['network'],
      { description: 'Where it stands, by network.', maxItems: MEMBERSHIPS_MAX },
    ),
  ),
  clients: Type.Optional(
    mapList(
      Type.Object({
        name: nameString('Name of the client.'),
        certificates: text('ConfigMap with its certificates, namespace/name.', 128),
        networks: Type.Integer({ description: 'Networks it has certificates for.', minimum: 0 }),
        problem: Type.Optional(text('Why its request was refused.', 256)),
      }),
      ['name'],
      { description: 'By client.', maxItems: CLIENTS_MAX },
    ),
  ),
});

export const agencyKind: Kind<typeof AgencySpec, typeof AgencyStatus> = {
  kind: 'Agency',
  plural: 'agencies',
  singular: 'agency',
  shortName: 'agc',
  scope: 'Cluster',
  description: 'A government body, hospital, bank or company that takes part in ledgers.',
  spec: AgencySpec,
  status: AgencyStatus,
  columns: [
    { name: 'Display-Name', type: 'string', jsonPath: '.spec.displayName.en' },
    PHASE_COLUMN,
    { name: 'Namespace', type: 'string', jsonPath: '.status.namespace' },
    { name: 'Approval', type: 'string', jsonPath: '.spec.approvalPolicy' },
    AGE_COLUMN,
    { name: 'Chinese-Name', type: 'string', jsonPath: '.spec.displayName.zh', priority: 1 },
    { name: 'Founder', type: 'boolean', jsonPath: '.spec.founder', priority: 1 },
  ],
};

export type AgencyMembership = Static<typeof AgencyMembership>;
export type AgencyApprover = Static<typeof AgencyApprover>;
export type AgencyClient = Static<typeof AgencyClient>;
export type AgencySpec = Static<typeof AgencySpec>;
export type AgencyStatus = Static<typeof AgencyStatus>;
export type Agency = CustomObject<AgencySpec, AgencyStatus>;

import { type Static, Type } from '@sinclair/typebox';
import { BackupReference } from './backup-target.ts';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { MEMBERSHIPS_MAX, PROTOCOL_VERSION_MAX, UNWELL_CHARS_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { base64urlString, mapList, nameString, oneOf, rules, statusHead, text } from './schema.ts';

export const LedgerNodeSpec = Type.Object(
  {
    networkRef: nameString('LedgerNetwork it serves.'),
    role: oneOf('What it does.', ['validator', 'observer', 'gateway']),
    ordinal: Type.Integer({ description: 'Its number in the network.', minimum: 0, maximum: 999 }),
    organisation: nameString('Agency it belongs to.'),
    fenced: Type.Optional(Type.Boolean({ description: 'Its process stands still and signs nothing; pod and volume stay.' })),
    rebuild: Type.Optional(
      text('Its ledger was dropped once for this word and taken from its peers.', 63, { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' }),
    ),
    restoreFrom: Type.Optional(BackupReference),
    signerPublicKey: Type.Optional(base64urlString('The consensus key that a remote signer holds for it, base64url.', 32)),
    rekey: Type.Optional(
      text('It makes itself another consensus key once for this word, and goes on under it when the members have decided it.', 63, {
        pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      }),
    ),
  },
  {
    ...rules({
      rule: 'self.networkRef == oldSelf.networkRef && self.role == oldSelf.role && self.ordinal == oldSelf.ordinal && self.organisation == oldSelf.organisation',
      message: 'a LedgerNode’s place in its network cannot change: the operator makes another node instead',
    }),
  },
);

export const ReportedOrganisation = Type.Object({
  organisation: nameString('Organisation whose gateway this node hosts.'),
  operationPublicKey: base64urlString('Ed25519, base64url.', 32),
  hpkePublicKey: Type.Optional(base64urlString('X25519, base64url; absent where the node keeps no vault for it.', 32)),
  approverPublicKey: Type.Optional(base64urlString('Ed25519 of the automatic approver, base64url.', 32)),
});

export const LedgerNodeStatus = Type.Object({
  ...statusHead,
  podUID: Type.Optional(text('Pod the keys were read from and the grant is for.', 63)),
  image: Type.Optional(text('Image it runs.', 256)),
  consensusPublicKey: Type.Optional(base64urlString('Ed25519, base64url; made on its volume and never leaves it.', 32)),
  nextConsensusPublicKey: Type.Optional(base64urlString('The one that it is to go on under, Ed25519, base64url.', 32)),
  rekeyed: Type.Optional(text('Word of spec.rekey that it has gone on for.', 63)),
  rebuilt: Type.Optional(text('Word of spec.rebuild that it has a ledger again for.', 63)),
  bornProtocolMax: Type.Optional(
    Type.Integer({ description: 'Newest protocol version that a genesis may name to it.', minimum: 1, maximum: PROTOCOL_VERSION_MAX }),
  ),
  engineNodeId: Type.Optional(text('Name of the node between engines, 40 hex digits.', 40, { pattern: '^[0-9a-f]{40}$' })),
  organisations: Type.Optional(
    mapList(ReportedOrganisation, ['organisation'], {
      description: 'Public keys of the organisations it hosts.',
      maxItems: MEMBERSHIPS_MAX,
    }),
  ),
  height: Type.Optional(Type.Integer({ description: 'Last committed height.', minimum: 0 })),
  lagBlocks: Type.Optional(Type.Integer({ description: 'Blocks behind the head of its network.', minimum: 0 })),
  signing: Type.Optional(Type.Boolean({ description: 'Whether it signs now.' })),
  unwell: Type.Optional(text('Which part is unwell and why: "engine: halted, …"; empty when none is.', UNWELL_CHARS_MAX)),
  engineVersion: Type.Optional(text('Version its engine reports; absent with the embedded engine.', 64)),
  peers: Type.Optional(Type.Integer({ description: 'Connected peers.', minimum: 0 })),
  dataUsedPct: Type.Optional(Type.Integer({ description: 'Share of its volume in use.', minimum: 0, maximum: 100 })),
  certNotAfter: Type.Optional(Type.String({ description: 'When its certificate ends.', format: 'date-time', maxLength: 40 })),
});

export const ledgerNodeKind: Kind<typeof LedgerNodeSpec, typeof LedgerNodeStatus> = {
  kind: 'LedgerNode',
  plural: 'ledgernodes',
  singular: 'ledgernode',
  shortName: 'lnode',
  scope: 'Namespaced',
  description: 'One node of a LedgerNetwork, made by the operator, one a pod.',
  spec: LedgerNodeSpec,
  status: LedgerNodeStatus,
  columns: [
    { name: 'Network', type: 'string', jsonPath: '.spec.networkRef' },
    { name: 'Role', type: 'string', jsonPath: '.spec.role' },
    PHASE_COLUMN,
    { name: 'Height', type: 'integer', jsonPath: '.status.height' },
    { name: 'Lag', type: 'integer', jsonPath: '.status.lagBlocks' },
    { name: 'Signing', type: 'boolean', jsonPath: '.status.signing' },
    { name: 'Unwell', type: 'string', jsonPath: '.status.unwell' },
    AGE_COLUMN,
    { name: 'Organisation', type: 'string', jsonPath: '.spec.organisation', priority: 1 },
    { name: 'Peers', type: 'integer', jsonPath: '.status.peers', priority: 1 },
    { name: 'Certificate', type: 'string', jsonPath: '.status.certNotAfter', priority: 1 },
  ],
};

export type ReportedOrganisation = Static<typeof ReportedOrganisation>;
export type LedgerNodeSpec = Static<typeof LedgerNodeSpec>;
export type LedgerNodeStatus = Static<typeof LedgerNodeStatus>;
export type LedgerNode = CustomObject<LedgerNodeSpec, LedgerNodeStatus>;

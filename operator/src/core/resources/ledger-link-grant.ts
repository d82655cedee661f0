import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { GRANT_PORTS_MAX, GRANT_SOURCES_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { nameString, statusHead, text } from './schema.ts';

export const LedgerLinkGrantSpec = Type.Object({
  to: nameString('LedgerNetwork of this namespace that is let into.'),
  from: Type.Array(nameString('LedgerNetwork of the same namespace.'), {
    description: 'Networks whose packets are let in.',
    minItems: 1,
    maxItems: GRANT_SOURCES_MAX,
    'x-kubernetes-list-type': 'set',
  }),
  ports: Type.Optional(
    Type.Array(text('A contract without its version, such as health.claims.', 64, { pattern: '^[a-z0-9]+(\\.[a-z0-9-]+)*$' }), {
      description: 'Contracts of `to` that they may reach; default all.',
      minItems: 1,
      maxItems: GRANT_PORTS_MAX,
      'x-kubernetes-list-type': 'set',
    }),
  ),
  expiresAt: Type.Optional(Type.String({ description: 'After this it lets nobody in.', format: 'date-time', maxLength: 40 })),
});

export const LedgerLinkGrantStatus = Type.Object({ ...statusHead });

export const ledgerLinkGrantKind: Kind<typeof LedgerLinkGrantSpec, typeof LedgerLinkGrantStatus> = {
  kind: 'LedgerLinkGrant',
  plural: 'ledgerlinkgrants',
  singular: 'ledgerlinkgrant',
  shortName: 'lgrant',
  scope: 'Namespaced',
  description:
    'Who may relay packets into a network. As soon as one grant names a network, only those that a grant names get in; without any, every LedgerLink of the namespace does.',
  spec: LedgerLinkGrantSpec,
  status: LedgerLinkGrantStatus,
  columns: [
    { name: 'To', type: 'string', jsonPath: '.spec.to' },
    { name: 'From', type: 'string', jsonPath: '.spec.from' },
    PHASE_COLUMN,
    { name: 'Expires', type: 'date', jsonPath: '.spec.expiresAt' },
    AGE_COLUMN,
    { name: 'Ports', type: 'string', jsonPath: '.spec.ports', priority: 1 },
  ],
};

export type LedgerLinkGrantSpec = Static<typeof LedgerLinkGrantSpec>;
export type LedgerLinkGrantStatus = Static<typeof LedgerLinkGrantStatus>;
export type LedgerLinkGrant = CustomObject<LedgerLinkGrantSpec, LedgerLinkGrantStatus>;

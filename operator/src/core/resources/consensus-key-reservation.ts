import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind } from './kind.ts';
import type { CustomObject } from './object.ts';
import { base64urlString, nameString, rules, text } from './schema.ts';

export const ConsensusKeyReservationSpec = Type.Object(
  {
    publicKeyHash: base64urlString('SHA-256 of the consensus public key, base64url.', 32),
    namespace: nameString('Namespace of the network.'),
    networkRef: nameString('LedgerNetwork whose validator holds the key.'),
    node: nameString('LedgerNode that holds the key.'),
    nodeUID: text('UID of that LedgerNode.', 63, { minLength: 1 }),
    podUID: text('Pod that may sign with it; passes to the next one only when this one is gone.', 63, { minLength: 1 }),
  },
  {
    ...rules({
      rule: 'self.publicKeyHash == oldSelf.publicKeyHash && self.nodeUID == oldSelf.nodeUID',
      message: 'a reservation belongs to one key and one LedgerNode for its whole life: delete it only when no pod can sign with the key',
    }),
  },
);

export const consensusKeyReservationKind: Kind<typeof ConsensusKeyReservationSpec> = {
  kind: 'ConsensusKeyReservation',
  plural: 'consensuskeyreservations',
  singular: 'consensuskeyreservation',
  shortName: 'ckr',
  scope: 'Cluster',
  description:
    'The double-sign fence: one consensus key, one LedgerNode, one pod. Made before the first signing grant; released only when the pod is proven gone.',
  spec: ConsensusKeyReservationSpec,
  status: Type.Object({}),
  columns: [
    { name: 'Namespace', type: 'string', jsonPath: '.spec.namespace' },
    { name: 'Node', type: 'string', jsonPath: '.spec.node' },
    { name: 'Pod', type: 'string', jsonPath: '.spec.podUID', priority: 1 },
    AGE_COLUMN,
  ],
};

export type ConsensusKeyReservationSpec = Static<typeof ConsensusKeyReservationSpec>;
export type ConsensusKeyReservation = CustomObject<ConsensusKeyReservationSpec, object>;

import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { MESSAGE_CHARS_MAX, OPERATION_STEPS_MAX, OPERATION_TTL_SECONDS_MAX, TRUST_OVERLAP_SECONDS_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { mapList, nameString, oneOf, rules, statusHead, text } from './schema.ts';

export const OPERATION_TYPES = [
  'Restart',
  'RotateCertificates',
  'RotateCA',
  'ExpandStorage',
  'Prune',
  'Fence',
  'Unfence',
  'RebuildNode',
  'Upgrade',
] as const;

const NAMED_TYPES = "['Fence', 'Unfence', 'RebuildNode']";
const WHOLE_TYPES = "['RotateCA', 'Upgrade']";
/** Everything that says what is done; approval and abort are said later. */
const FIXED = ['networkRef', 'type', 'nodes', 'version', 'storageSize', 'overlapSeconds'] as const;
const unchanged = FIXED.map(
  (field) => `(has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field}))`,
).join(' && ');

export const OPERATION_MESSAGES = {
  fixed: 'what an operation does cannot change: abort it and make another one',
  nodes: 'Fence, Unfence and RebuildNode name their nodes in nodes',
  whole: 'RotateCA and Upgrade are done to the whole network: leave nodes out',
  version: 'Upgrade names the version to go to, and nothing else does',
  storage: 'ExpandStorage names the storageSize to grow to, and nothing else does',
  approval: 'an approval that was given stays given: abort the operation instead',
  abort: 'an operation that was aborted stays so: make another one',
} as const;

export const LedgerOperationSpec = Type.Object(
  {
    networkRef: nameString('LedgerNetwork of this namespace that it is done to.'),
    type: oneOf('What is done.', OPERATION_TYPES),
    nodes: Type.Optional(
      Type.Array(nameString('A LedgerNode.'), {
        description: 'Nodes it is done to; default all of the network where the type allows it.',
        minItems: 1,
        maxItems: OPERATION_STEPS_MAX,
        'x-kubernetes-list-type': 'set',
      }),
    ),
    version: Type.Optional(text('Upgrade: version to go to.', 32, { pattern: '^[0-9]+\\.[0-9]+\\.[0-9]+$' })),
    storageSize: Type.Optional(text('ExpandStorage: size of each volume, such as 20Gi.', 16, { pattern: '^[0-9]+(Mi|Gi|Ti)$' })),
    overlapSeconds: Type.Optional(
      Type.Integer({
        description:
          'RotateCA: how long both authorities are trusted before the new one issues, and again before the old one is dropped; clients fetch their certificates within it. Default 3600.',
        minimum: 0,
        maximum: TRUST_OVERLAP_SECONDS_MAX,
      }),
    ),
    approval: Type.Optional(oneOf('Auto (default): it begins as soon as it may. Manual: a person sets approved.', ['Auto', 'Manual'])),
    approved: Type.Optional(Type.Boolean({ description: 'Lets an operation with approval Manual begin.' })),
    abort: Type.Optional(Type.Boolean({ description: 'No further step is begun; what has been done stays.' })),
    ttlSecondsAfterFinished: Type.Optional(
      Type.Integer({
        description: 'The object is deleted this long after its end; default: never.',
        minimum: 0,
        maximum: OPERATION_TTL_SECONDS_MAX,
      }),
    ),
  },
  {
    ...rules(
      { rule: unchanged, message: OPERATION_MESSAGES.fixed },
      { rule: `!(self.type in ${NAMED_TYPES}) || has(self.nodes)`, message: OPERATION_MESSAGES.nodes },
      { rule: `!(self.type in ${WHOLE_TYPES}) || !has(self.nodes)`, message: OPERATION_MESSAGES.whole },
      { rule: "(self.type == 'Upgrade') == has(self.version)", message: OPERATION_MESSAGES.version },
      { rule: "(self.type == 'ExpandStorage') == has(self.storageSize)", message: OPERATION_MESSAGES.storage },
      {
        rule: '!(has(oldSelf.approved) && oldSelf.approved) || (has(self.approved) && self.approved)',
        message: OPERATION_MESSAGES.approval,
      },
      { rule: '!(has(oldSelf.abort) && oldSelf.abort) || (has(self.abort) && self.abort)', message: OPERATION_MESSAGES.abort },
    ),
  },
);

export const OperationStep = Type.Object({
  node: nameString('The node it is done to.'),
  ordinal: Type.Integer({ description: 'Its turn, from 1.', minimum: 1, maximum: OPERATION_STEPS_MAX }),
  from: Type.Optional(text('What was there when it began: the UID of the pod, or the state of the fence.', 128)),
  spareFaults: Type.Integer({
    description: 'Validators that may fail while it is under way, as things stood at the beginning; below 0 the quorum would be lost.',
    minimum: -OPERATION_STEPS_MAX,
    maximum: OPERATION_STEPS_MAX,
  }),
  state: oneOf('How far it is.', ['Waiting', 'Done']),
});

export const LedgerOperationStatus = Type.Object({
  ...statusHead,
  plan: Type.Optional(mapList(OperationStep, ['node'], { description: 'Its steps, in their order.', maxItems: OPERATION_STEPS_MAX })),
  progress: Type.Optional(text('Steps done, of all: 3/4.', 16)),
  message: Type.Optional(text('What it waits for or how it ended.', MESSAGE_CHARS_MAX)),
  startedAt: Type.Optional(Type.String({ description: 'When its first step could begin.', format: 'date-time', maxLength: 40 })),
  finishedAt: Type.Optional(Type.String({ description: 'When it ended, in whatever way.', format: 'date-time', maxLength: 40 })),
  fromVersion: Type.Optional(text('Upgrade: version that the network asked for before.', 32)),
});

export const ledgerOperationKind: Kind<typeof LedgerOperationSpec, typeof LedgerOperationStatus> = {
  kind: 'LedgerOperation',
  plural: 'ledgeroperations',
  singular: 'ledgeroperation',
  shortName: 'lop',
  scope: 'Namespaced',
  description: 'A thing done once to a running LedgerNetwork: planned, approved, done step by step under the quorum gate.',
  spec: LedgerOperationSpec,
  status: LedgerOperationStatus,
  columns: [
    { name: 'Network', type: 'string', jsonPath: '.spec.networkRef' },
    { name: 'Type', type: 'string', jsonPath: '.spec.type' },
    PHASE_COLUMN,
    { name: 'Progress', type: 'string', jsonPath: '.status.progress' },
    { name: 'Message', type: 'string', jsonPath: '.status.message' },
    AGE_COLUMN,
    { name: 'Started', type: 'date', jsonPath: '.status.startedAt', priority: 1 },
    { name: 'Finished', type: 'date', jsonPath: '.status.finishedAt', priority: 1 },
  ],
};

export type OperationType = (typeof OPERATION_TYPES)[number];
export type OperationStep = Static<typeof OperationStep>;
export type LedgerOperationSpec = Static<typeof LedgerOperationSpec>;
export type LedgerOperationStatus = Static<typeof LedgerOperationStatus>;
export type LedgerOperation = CustomObject<LedgerOperationSpec, LedgerOperationStatus>;

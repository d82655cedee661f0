import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { PROPOSAL_ID_CHARS_MAX, VALIDATOR_CHANGES_MAX, VALIDATOR_STEPS_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { base64urlString, mapList, nameString, oneOf, rules, statusHead, text } from './schema.ts';

/** Everything that says what is done; approval is said later. */
const unchanged = ['networkRef', 'changes', 'approval', 'allowFewer', 'expiresAt']
  .map((field) => `(has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field}))`)
  .join(' && ');

export const CHANGE_MESSAGES = {
  immutable: 'a ValidatorChange does not change: members decide on what they were shown. Delete it and make another one',
  approval: 'an approval that was given stays given: delete the ValidatorChange instead',
  replacement: 'with names the node that takes the place of another: it goes with type Replace, and Replace needs it',
  itself: 'a node cannot take its own place: with names another node',
  external: 'publicKey and organisation name a node that somebody else runs: give both, with type Add',
} as const;

export const ValidatorChangeItem = Type.Object(
  {
    type: oneOf(
      'What is to be done: Add lets a node vote, Remove ends that, Replace adds `with` and then removes `node`, Rekey has it vote under another key.',
      ['Add', 'Remove', 'Replace', 'Rekey'],
    ),
    node: nameString('Node it is about.'),
    with: Type.Optional(nameString('Node that takes its place; with Replace.')),
    publicKey: Type.Optional(base64urlString('Consensus key of a node that an external member runs, base64url; with Add.', 32)),
    organisation: Type.Optional(nameString('External member that runs it; with Add.')),
  },
  {
    ...rules(
      { rule: "has(self.with) == (self.type == 'Replace')", message: CHANGE_MESSAGES.replacement },
      { rule: '!has(self.with) || self.with != self.node', message: CHANGE_MESSAGES.itself },
      {
        rule: "has(self.publicKey) == has(self.organisation) && (!has(self.publicKey) || self.type == 'Add')",
        message: CHANGE_MESSAGES.external,
      },
    ),
  },
);

export const ValidatorChangeSpec = Type.Object(
  {
    networkRef: nameString('LedgerNetwork in the same namespace.'),
    changes: mapList(ValidatorChangeItem, ['node'], {
      description: 'What is to be done, in this order, one step at a time.',
      minItems: 1,
      maxItems: VALIDATOR_CHANGES_MAX,
    }),
    approval: Type.Optional(
      oneOf('Auto (default): it is proposed to the members as soon as it is safe. Manual: a person sets approved before that.', [
        'Auto',
        'Manual',
      ]),
    ),
    approved: Type.Optional(Type.Boolean({ description: 'Lets a change with approval Manual be proposed.' })),
    allowFewer: Type.Optional(
      Type.Boolean({ description: 'Accepts fewer than 4 validators at the end or on the way: any failure then stops the chain.' }),
    ),
    expiresAt: Type.Optional(
      Type.String({
        description: 'After this nothing more is proposed; what members have decided stays.',
        format: 'date-time',
        maxLength: 40,
      }),
    ),
  },
  {
    ...rules(
      { rule: unchanged, message: CHANGE_MESSAGES.immutable },
      {
        rule: '!(has(oldSelf.approved) && oldSelf.approved) || (has(self.approved) && self.approved)',
        message: CHANGE_MESSAGES.approval,
      },
    ),
  },
);

const validatorCount = (description: string) => Type.Integer({ description, minimum: 0, maximum: 1000 });

export const ValidatorChangeStep = Type.Object({
  number: Type.Integer({ description: 'Its place, from 1.', minimum: 1, maximum: VALIDATOR_STEPS_MAX }),
  action: oneOf('What it does to the set.', ['Join', 'Leave', 'Rekey']),
  node: nameString('Node that joins, leaves or takes another key.'),
  organisation: Type.Optional(nameString('Who runs it.')),
  publicKey: Type.Optional(base64urlString('Its consensus key, base64url; known at the latest when it is proposed.', 32)),
  state: oneOf('How far it is.', ['Waiting', 'Proposed', 'Decided', 'Done']),
  proposal: Type.Optional(text('Proposal on the ledger; recorded before it is made.', PROPOSAL_ID_CHARS_MAX)),
  height: Type.Optional(Type.Integer({ description: 'First block that is signed by the new set.', minimum: 0 })),
  validatorsBefore: validatorCount('Validators before it.'),
  validatorsAfter: validatorCount('Validators after it.'),
  neededAfter: validatorCount('Validators that a block needs after it.'),
  mayFailAfter: validatorCount('Validators that may fail after it.'),
});

export const ValidatorChangeStatus = Type.Object({
  ...statusHead,
  progress: Type.Optional(text('Steps that are done, of all: 1/3.', 16)),
  steps: Type.Optional(mapList(ValidatorChangeStep, ['number'], { description: 'In their order.', maxItems: VALIDATOR_STEPS_MAX })),
  approvals: Type.Optional(
    Type.Object(
      {
        given: validatorCount('Founders that approved the open proposal.'),
        needed: validatorCount('Founders that must.'),
      },
      { description: 'Of the step that is proposed now.' },
    ),
  ),
});

export const validatorChangeKind: Kind<typeof ValidatorChangeSpec, typeof ValidatorChangeStatus> = {
  kind: 'ValidatorChange',
  plural: 'validatorchanges',
  singular: 'validatorchange',
  shortName: 'vchange',
  scope: 'Namespaced',
  description: 'Validators that are to join or leave a network, step by step, each decided by the members of its ledger.',
  spec: ValidatorChangeSpec,
  status: ValidatorChangeStatus,
  columns: [
    { name: 'Network', type: 'string', jsonPath: '.spec.networkRef' },
    PHASE_COLUMN,
    { name: 'Steps', type: 'string', jsonPath: '.status.progress' },
    { name: 'Message', type: 'string', jsonPath: ".status.conditions[?(@.type=='Complete')].message" },
    AGE_COLUMN,
    { name: 'Approval', type: 'string', jsonPath: '.spec.approval', priority: 1 },
    { name: 'Expires', type: 'date', jsonPath: '.spec.expiresAt', priority: 1 },
  ],
};

export type ValidatorChangeItem = Static<typeof ValidatorChangeItem>;
export type ValidatorChangeSpec = Static<typeof ValidatorChangeSpec>;
export type ValidatorChangeStep = Static<typeof ValidatorChangeStep>;
export type ValidatorChangeStatus = Static<typeof ValidatorChangeStatus>;
export type ValidatorChange = CustomObject<ValidatorChangeSpec, ValidatorChangeStatus>;

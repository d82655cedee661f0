import { type Static, Type } from '@sinclair/typebox';
import { AGE_COLUMN, type Kind, PHASE_COLUMN } from './kind.ts';
import { POLICY_ANSWER_AGE_HOURS_MAX, POLICY_DELAY_HOURS_MAX, POLICY_FINDINGS_MAX, POLICY_RATE_PER_DAY_MAX } from './limits.ts';
import type { CustomObject } from './object.ts';
import { nameString, oneOf, rules, statusHead, text } from './schema.ts';

/** What may be asked, and for what; the contracts' own lists, held against them by a test. */
export const PREDICATES = ['illness-in-catalogue'] as const;
export const PURPOSES = [
  'provide-official-services',
  'verify-eligibility',
  'treatment',
  'payment-management',
  'public-health',
  'enforce-law',
  'dispute-resolution',
] as const;

export const POLICY_MESSAGES = {
  question: 'who asks what, and for what, names the policy on the ledger: make another AccessPolicy',
  delay: 'delayHours and disclosure: delayed go together',
} as const;

const QUESTION = ['linkRef', 'source', 'caller', 'predicate', 'purpose'].map((field) => `self.${field} == oldSelf.${field}`).join(' && ');

export const AccessPolicySpec = Type.Object(
  {
    linkRef: nameString('LedgerLink of this namespace that the questions come by.'),
    source: nameString('LedgerNetwork, one of its ends, whose data is asked for.'),
    caller: Type.Object(
      {
        organisation: nameString('Agency that asks; the network at the other end of the link is where it asks from.'),
        contract: text('Contract that asks, without its version, such as housing.withdrawal.', 64, {
          pattern: '^[a-z0-9]+(\\.[a-z0-9-]+)*$',
        }),
      },
      { description: 'Who asks.' },
    ),
    predicate: oneOf('The question.', PREDICATES),
    purpose: oneOf('What the answer is for.', PURPOSES),
    consent: oneOf('Whether the citizen must have agreed to each question.', ['required', 'none']),
    ratePerDay: Type.Integer({ description: 'Questions answered in one day.', minimum: 1, maximum: POLICY_RATE_PER_DAY_MAX }),
    answerAgeHours: Type.Integer({
      description: 'How old an attestation may be that answers, hours.',
      minimum: 1,
      maximum: POLICY_ANSWER_AGE_HOURS_MAX,
    }),
    disclosure: oneOf('When the citizen sees that it was asked.', ['immediate', 'delayed']),
    delayHours: Type.Optional(
      Type.Integer({ description: 'By how much a delayed disclosure is late, hours.', minimum: 1, maximum: POLICY_DELAY_HOURS_MAX }),
    ),
    enabled: Type.Optional(Type.Boolean({ description: 'Whether it is answered at all; default true.' })),
    onDelete: Type.Optional(
      oneOf('What is proposed when this object is deleted; default Disable: what nobody asks for any more is denied.', [
        'Disable',
        'Retain',
      ]),
    ),
  },
  {
    ...rules(
      { rule: QUESTION, message: POLICY_MESSAGES.question },
      { rule: "has(self.delayHours) == (self.disclosure == 'delayed')", message: POLICY_MESSAGES.delay },
    ),
  },
);

export const AccessPolicyStatus = Type.Object({
  ...statusHead,
  policyId: Type.Optional(text('Its record on the source’s ledger.', 512)),
  onLedgerVersion: Type.Optional(Type.Integer({ description: 'Version that is in force there.', minimum: 0 })),
  effect: Type.Optional(text('What the spec would change there, or that it stands.', 512)),
  findings: Type.Optional(
    Type.Array(text('One finding.', 256), { description: 'What a reader of the policy should know.', maxItems: POLICY_FINDINGS_MAX }),
  ),
});

export const accessPolicyKind: Kind<typeof AccessPolicySpec, typeof AccessPolicyStatus> = {
  kind: 'AccessPolicy',
  plural: 'accesspolicies',
  singular: 'accesspolicy',
  shortName: 'apol',
  scope: 'Namespaced',
  description:
    'Who may ask one network a question about a person, from which other one and for what. Checked, compared with what is in force, and proposed to the founders of the network that answers; whatever has no policy is denied.',
  spec: AccessPolicySpec,
  status: AccessPolicyStatus,
  columns: [
    { name: 'Source', type: 'string', jsonPath: '.spec.source' },
    { name: 'Caller', type: 'string', jsonPath: '.spec.caller.organisation' },
    { name: 'Purpose', type: 'string', jsonPath: '.spec.purpose' },
    PHASE_COLUMN,
    { name: 'Version', type: 'integer', jsonPath: '.status.onLedgerVersion', description: 'In force on the ledger.' },
    AGE_COLUMN,
    { name: 'Effect', type: 'string', jsonPath: '.status.effect', priority: 1 },
  ],
};

export type AccessPolicySpec = Static<typeof AccessPolicySpec>;
export type AccessPolicyStatus = Static<typeof AccessPolicyStatus>;
export type AccessPolicy = CustomObject<AccessPolicySpec, AccessPolicyStatus>;

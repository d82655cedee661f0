import { type Static, Type } from '@sinclair/typebox';
import { LedgerRecord } from './explorer.ts';
import { CASE_VALUE_CHARS_MAX, CASE_VALUES_MAX } from './limits.ts';
import { Packet } from './link.ts';
import { closed, name, oneOf, text, whole } from './shape.ts';

/** What can be followed as a case, each on the ledger of one domain. */
export const CASE_KINDS = ['traffic-fine', 'illness-attestation', 'housing-withdrawal'] as const;
export const CaseKind = oneOf(CASE_KINDS, 'What kind of case.');

/** One field of a form, as the contract's own schema has it. */
export const CaseField = closed({
  name: text('Argument of the contract.', 64),
  kind: oneOf(
    ['text', 'whole', 'money', 'time', 'choice', 'digest'],
    'What is typed in: money is fen, a time Unix ms, a digest SHA-256 in hex.',
  ),
  isPrivate: Type.Boolean({ description: 'Stays in the agency’s vault; the ledger gets what stands for it.' }),
  choices: Type.Optional(Type.Array(text('One of these.', 64))),
  minimum: Type.Optional(Type.Integer()),
  maximum: Type.Optional(Type.Integer()),
  pattern: Type.Optional(text('Regular expression.', 256)),
});

/** Something that may be done now, and what it asks for. */
export const CaseForm = closed({
  step: text('Name of the step.', 32),
  method: text('Contract and method that it calls.', 128),
  fields: Type.Array(CaseField),
});

/** A case that an agency of the caller's may begin. */
export const CaseOpening = closed({
  network: text('LedgerNetwork.', 63),
  kind: CaseKind,
  agency: text('Agency in whose name.', 63),
  form: CaseForm,
});

/** A case in one line, as this console submitted it. */
export const CaseLine = closed({
  network: text('LedgerNetwork.', 63),
  id: text('Id of its first record.', 64),
  kind: CaseKind,
  agency: text('Agency that submitted it.', 63),
  submittedBy: text('Who, by name.', 255),
  submittedAt: text('When; RFC 3339.', 40),
});

/** A case whose next step an agency of the caller's can take. */
export const WaitingCase = closed({
  network: text('LedgerNetwork.', 63),
  id: text('Id of its first record.', 64),
  kind: CaseKind,
  agency: text('Agency that can take it.', 63),
  status: text('Where it stands.', 64),
  steps: Type.Array(text('Name of a step.', 32), { description: 'Steps that carry it on.' }),
  movedAt: text('When somebody last did something about it here; RFC 3339.', 40),
});

export const WaitingCases = closed({
  items: Type.Array(WaitingCase, { description: 'Newest first.' }),
  unreachable: Type.Array(text('LedgerNetwork.', 63), { description: 'Ledgers that could not be asked.' }),
  isWhole: Type.Boolean({ description: 'False when there are more cases under way than are looked at for one answer.' }),
});

const CaseEvent = closed({
  event: text('What happened.', 64),
  by: text('Organisation and pseudonym; empty where the record does not say.', 160),
  atUnixMs: whole('When.'),
  height: whole('Block; 0 where the record does not say.'),
});

/** One record of a case: on its own ledger, or on another one that a packet brought it to. */
export const CaseStage = closed({
  name: text('What it is, such as `fine` or `receipt`.', 32),
  network: text('LedgerNetwork that holds it.', 63),
  key: text('Full key; empty while it is not known.', 256),
  state: oneOf(['there', 'waiting', 'hidden', 'unreachable'], 'On the ledger; not yet; not shown to this agency; or no gateway answers.'),
  status: text('Status of the record; empty where it has none.', 64),
  history: Type.Array(CaseEvent),
  record: Type.Optional(LedgerRecord),
});

export const CaseDetail = closed({
  network: text('LedgerNetwork of its first record.', 63),
  id: text('Id of its first record.', 64),
  kind: CaseKind,
  agency: text('Agency in whose name it is read.', 63),
  status: text('Where it stands: status of its newest record.', 64),
  isFinal: Type.Boolean({ description: 'Nothing more is to come by itself.' }),
  stages: Type.Array(CaseStage),
  packets: Type.Array(Packet, { description: 'On their way now, from one of its ledgers to another.' }),
  forms: Type.Array(CaseForm, { description: 'What this agency may do next.' }),
});

/** Whole numbers stand as their digits. */
const value = Type.String({ maxLength: CASE_VALUE_CHARS_MAX });

/** What somebody typed into a form. */
export const CaseValues = closed({
  agency: name('Agency in whose name.'),
  values: Type.Record(Type.String({ pattern: '^[A-Za-z]{1,64}$' }), value, { maxProperties: CASE_VALUES_MAX, description: 'By field.' }),
});

export const CaseStepValues = closed({ step: text('Name of the step.', 32), ...CaseValues.properties });

/** What became of a step. */
export const SubmittedStep = closed({
  dryRun: Type.Boolean({ description: 'Nothing was done.' }),
  network: text('LedgerNetwork.', 63),
  id: text('Id of the case.', 64),
  operationHash: text('Hash of the operation, hex; empty where nothing was done.', 64),
  height: whole('Block that holds it; 0 where nothing was done.'),
});

export type CaseKind = Static<typeof CaseKind>;
export type CaseField = Static<typeof CaseField>;
export type CaseForm = Static<typeof CaseForm>;
export type CaseOpening = Static<typeof CaseOpening>;
export type CaseLine = Static<typeof CaseLine>;
export type WaitingCase = Static<typeof WaitingCase>;
export type WaitingCases = Static<typeof WaitingCases>;
export type CaseStage = Static<typeof CaseStage>;
export type CaseDetail = Static<typeof CaseDetail>;
export type CaseValues = Static<typeof CaseValues>;
export type CaseStepValues = Static<typeof CaseStepValues>;
export type SubmittedStep = Static<typeof SubmittedStep>;

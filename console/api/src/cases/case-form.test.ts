import { StandIn } from '@civitas/proto/civitas/node/v1/person';
import { expect, test } from '@jest/globals';
import { ProblemError } from '../http/problem-error.ts';
import { checkForm, fillForm, fillOperation, formOf } from './case-form.ts';
import { CASES } from './case-kinds.ts';
import type { CaseStep, Known } from './case-rule.ts';
import { fineIdOf } from './traffic-fine.ts';

const ID = 'A'.repeat(22);
const HASH = 'A'.repeat(43);
const DIGEST = 'ab'.repeat(32);
const known: Known = {
  id: ID,
  eventId: ID,
  nowUnixMs: 1_790_000_000_000,
  found: {},
  records: { violation: { article: 157, vehicleClass: 'A' } },
};
const typed = {
  capturedUnixMs: '1789000000000',
  device: 'camera-17',
  calibratedUntilUnixMs: '1800000000000',
  vehicle: '京A·CANARY',
  vehicleClass: 'A',
  article: '157',
  evidence: DIGEST,
};

function stepCalled(name: string): CaseStep {
  const found = CASES.flatMap(({ opening, steps }) => [opening, ...steps]).find((step) => step.name === name);
  if (found === undefined) throw new Error(`no step ${name}`);
  return found;
}

function errorsOf(fill: () => unknown): string[] {
  try {
    fill();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    expect(JSON.stringify([error.message, error.errors])).not.toContain('CANARY');
    return error.errors.map(({ field, code }) => `${field} ${code}`);
  }
  throw new Error('was taken');
}

test('a form asks for what the contract asks for, but for what the console knows', () => {
  const { method, fields } = formOf(stepCalled('record'));

  expect(method).toBe('transport.violation@v1 record');
  expect(fields.map(({ name, kind, isPrivate }) => `${name} ${kind}${isPrivate ? ' private' : ''}`)).toEqual([
    'capturedUnixMs time',
    'device text',
    'calibratedUntilUnixMs time',
    'vehicle text private',
    'vehicleClass choice',
    'article whole',
    'evidence digest private',
  ]);
  expect(fields.find(({ name }) => name === 'vehicleClass')?.choices).toEqual(['A', 'C', 'M', 'R']);
  expect(formOf(stepCalled('create')).fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual(['amountFen money', 'points whole']);
});

test('what is private stands apart, and nothing of it in the arguments', () => {
  const { args, privateValues } = fillForm(stepCalled('record'), known, typed);

  expect(args).toMatchObject({ id: ID, article: 157, device: 'camera-17' });
  expect(JSON.stringify(args)).not.toMatch(/CANARY|abab/);
  expect(privateValues).toMatchObject({ subjectField: 'vehicle', values: [{ field: 'vehicle' }, { field: 'evidence' }] });
  expect(Buffer.from(privateValues?.values[1]?.value ?? []).toString()).toBe(`{"sha256":"${DIGEST}"}`);
});

test('later steps take what the records say', () => {
  expect(fillForm(stepCalled('create'), known, { amountFen: '20000', points: '3' })).toEqual({
    privateValues: undefined,
    args: {
      id: fineIdOf(ID),
      violation: ID,
      officer: null,
      dismissal: null,
      article: 157,
      vehicleClass: 'A',
      onUnixMs: known.nowUnixMs,
      amountFen: 20_000,
      points: 3,
    },
  });
  expect(fillForm(stepCalled('approve'), known, {}).args).toEqual({ application: ID, decision: 'approve', reasons: ['proofs-complete'] });
});

test('what is wrong stands beside its field, and no value is repeated', () => {
  const record = stepCalled('record');
  const { vehicle: _, ...withoutVehicle } = typed;

  expect(errorsOf(() => fillForm(record, known, withoutVehicle))).toEqual(['values.vehicle required']);
  expect(errorsOf(() => fillForm(record, known, { ...typed, evidence: 'CANARY' }))).toEqual(['values.evidence format']);
  expect(errorsOf(() => fillForm(record, known, { ...typed, vehicle: 'CANARY'.repeat(60) }))).toEqual(['values.vehicle tooLong']);
  expect(errorsOf(() => fillForm(record, known, { ...typed, id: 'mine' }))).toEqual(['values.id unknown']);
  expect(errorsOf(() => fillForm(record, known, { ...typed, device: 'Camera CANARY' }))).toEqual(['values.device format']);
  expect(errorsOf(() => fillForm(stepCalled('create'), known, { points: '3' }))).toEqual(['values.amountFen required']);
});

test.each(CASES.map((rule) => [rule.kind, rule] as const))(
  'every step of a %s is a method of a contract, in a role that it takes',
  (_, { opening, steps }) => {
    for (const step of [opening, ...steps]) expect(formOf(step).fields).toBeDefined();
  },
);

test('a case says where it stands, what may be done next, and when it is over', () => {
  const fine = CASES.find(({ kind }) => kind === 'traffic-fine');
  if (fine === undefined) throw new Error('no fines');
  const offered = (records: Known['records']) => fine.steps.filter((step) => step.isOffered(records)).map(({ name }) => name);
  const confirmed = { violation: { status: 'confirmed' } };

  expect(offered({ violation: { status: 'recorded' } })).toEqual(['review']);
  expect(offered(confirmed)).toEqual(['create']);
  expect(offered({ ...confirmed, fine: { status: 'created' } })).toEqual(['send']);
  expect(offered({ ...confirmed, fine: { status: 'sent' } })).toEqual(['notify']);
  const paid = { ...confirmed, fine: { status: 'paid', receipt: '51010126-1', receiptStatus: 'sent', appeal: 'none', courtItem: '' } };
  expect([fine.statusOf(paid), fine.isFinal(paid)]).toEqual(['paid', false]);
  expect(fine.isFinal({ ...paid, fine: { ...paid.fine, receiptStatus: 'issued' } })).toBe(true);
  expect(fine.isFinal({ violation: { status: 'void' } })).toBe(true);
  const keys = fine.stages.map(({ keyOf }) => keyOf(ID, paid));
  expect(keys).toEqual([
    `transport.violation/violations/${ID}`,
    `transport.fine/fines/${fineIdOf(ID)}`,
    'city.fiscal-receipt/receipts/51010126-1',
    undefined,
  ]);
});

test('what is looked up is asked for by what it goes by, and a composite private value by its parts', () => {
  const fieldsOf = (name: string, records: Known['records'] = {}) =>
    formOf(stepCalled(name), records).fields.map(({ name: field, kind, isPrivate }) => `${field} ${kind}${isPrivate ? ' private' : ''}`);

  expect(fieldsOf('attest')).toEqual([
    'identity text private',
    'catalogueVersion whole',
    'answer choice private',
    'amountBand choice private',
    'bill text private',
  ]);
  expect(fieldsOf('apply')).toEqual(['identity text private', 'account text', 'amountFen money']);
  expect(fieldsOf('ask')).toEqual(['consent text']);
  expect(fieldsOf('attach')).toEqual([]);
  expect(fieldsOf('pay')).toEqual(['bankReference text']);
  expect(fieldsOf('release', { waiting: { requests: [{ requestHash: HASH }] } })).toEqual(['requestHash choice']);
});

test('a form with lookups is checked before anything is looked up', () => {
  const attest = stepCalled('attest');
  const typedIn = { identity: '510101199001011234', catalogueVersion: '7', answer: 'yes', amountBand: '50k-200k', bill: 'CANARY-1' };
  const { bill: _, ...billed } = typedIn;

  expect(() => checkForm(attest, known, typedIn)).not.toThrow();
  expect(errorsOf(() => checkForm(attest, known, { ...typedIn, answer: 'CANARY' }))).toEqual(['values.answer notOneOf']);
  expect(errorsOf(() => checkForm(attest, known, { ...typedIn, identity: 'CANARY 1' }))).toEqual(['values.identity format']);
  expect(errorsOf(() => checkForm(attest, known, { ...typedIn, catalogueVersion: '0' }))).toEqual(['values.catalogueVersion format']);
  expect(errorsOf(() => checkForm(attest, known, billed))).toEqual(['values.bill required']);
  expect(errorsOf(() => checkForm(stepCalled('ask'), known, { consent: 'CANARY' }))).toEqual(['values.consent format']);
});

test('the answer is one private value, and the bill is told from others by a nullifier', () => {
  const found = { subject: ID };
  const values = { identity: '510101199001011234', catalogueVersion: '7', answer: 'yes', amountBand: '50k-200k', bill: 'CANARY-1' };
  const { args, privateValues } = fillOperation(stepCalled('attest'), { ...known, found }, values);

  expect(args).toEqual({ predicate: 'illness-in-catalogue', subject: ID, catalogueVersion: 7 });
  expect(privateValues).toMatchObject({ subjectField: 'subject', collection: 'attestations', referenceField: 'reference' });
  expect(privateValues?.values.map(({ field, standIn }) => [field, standIn])).toEqual([
    ['resultCommitment', StandIn.STAND_IN_COMMITMENT],
    ['billNullifier', StandIn.STAND_IN_NULLIFIER],
  ]);
  expect(Buffer.from(privateValues?.values[0]?.value ?? []).toString()).toBe('{"amountBand":"50k-200k","answer":true}');
});

test.each([
  ['illness-attestation', { attestation: { status: 'attested' } }, ['confirm', 'revoke']],
  ['illness-attestation', { attestation: { status: 'confirmed' } }, ['revoke']],
  [
    'illness-attestation',
    { attestation: { status: 'confirmed' }, waiting: { requests: [{ requestHash: HASH }] } },
    ['release', 'deny', 'revoke'],
  ],
  ['housing-withdrawal', { application: { status: 'open' } }, ['ask', 'reject', 'cancel']],
  ['housing-withdrawal', { application: { status: 'open' }, question: { status: 'waiting' } }, ['reject', 'cancel']],
  ['housing-withdrawal', { application: { status: 'open' }, question: { status: 'denied' } }, ['ask', 'reject', 'cancel']],
  ['housing-withdrawal', { application: { status: 'open' }, question: { status: 'answered' } }, ['attach', 'reject', 'cancel']],
  ['housing-withdrawal', { application: { status: 'proven' }, question: { status: 'attached' } }, ['approve', 'reject', 'cancel']],
  ['housing-withdrawal', { application: { status: 'approved' } }, ['pay']],
  ['housing-withdrawal', { application: { status: 'paid' } }, []],
] as const)('a %s offers what may be done next: %j', (kind, records, steps) => {
  const rule = CASES.find((one) => one.kind === kind);
  expect(rule?.steps.filter((step) => step.isOffered(records)).map(({ name }) => name)).toEqual(steps);
});

test('an attestation is over once its answer was received, or it was revoked', () => {
  const rule = CASES.find(({ kind }) => kind === 'illness-attestation');
  const attestation = { status: 'confirmed', uses: [{ requestHash: HASH }] };
  const overWith = (records: Known['records']) => [rule?.statusOf(records), rule?.isFinal(records)];

  expect(rule?.stages.map(({ keyOf }) => keyOf(ID, { attestation }))).toEqual([
    `health.attestation/attestations/${ID}`,
    `health.access/records/${HASH}`,
  ]);
  expect(overWith({ attestation })).toEqual(['confirmed', false]);
  expect(overWith({ attestation, answer: { status: 'released', deliveredUnixMs: 0 } })).toEqual(['released', false]);
  expect(overWith({ attestation, answer: { status: 'released', deliveredUnixMs: 5 } })).toEqual(['released', true]);
  expect(overWith({ attestation: { status: 'revoked' } })).toEqual(['revoked', true]);
});

import { expect, test } from '@jest/globals';
import { ProblemError } from '../http/problem-error.ts';
import { fillForm, formOf } from './case-form.ts';
import { CASES, type CaseStep, fineIdOf, type Known } from './case-kinds.ts';

const ID = 'A'.repeat(22);
const DIGEST = 'ab'.repeat(32);
const known: Known = { id: ID, eventId: ID, nowUnixMs: 1_790_000_000_000, records: { violation: { article: 157, vehicleClass: 'A' } } };
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
  const found = CASES.flatMap(({ opening, steps }) => [...(opening === undefined ? [] : [opening]), ...steps]).find(
    (step) => step.name === name,
  );
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
    for (const step of [...(opening === undefined ? [] : [opening]), ...steps]) expect(formOf(step).fields).toBeDefined();
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

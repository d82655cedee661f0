import { encodeCanonical, type JsonObject } from '@civitas/canon';
import type { CaseField, CaseForm, FieldError } from '@civitas/console-contract';
import { allContracts, checkArgs } from '@civitas/contracts';
import { type PrivateValues, StandIn } from '@civitas/proto/civitas/node/v1/person';
import type { TObject, TSchema } from '@sinclair/typebox';
import { ProblemError } from '../http/problem-error.ts';
import type { CaseOperation, CaseStep, Known, PrivateInput, Records, Values } from './case-rule.ts';
import { PRIVATE_TEXT_CHARS_MAX } from './limits.ts';

/** What stands for a private value while a form is only checked: any id, any hash. */
const STANDS_FOR = { pseudonym: 'A'.repeat(22), commitment: 'A'.repeat(43), nullifier: 'A'.repeat(43) } as const;
const STAND_INS = {
  commitment: StandIn.STAND_IN_COMMITMENT,
  pseudonym: StandIn.STAND_IN_PSEUDONYM,
  nullifier: StandIn.STAND_IN_NULLIFIER,
} as const;
const NOTHING: Known = { id: '', eventId: '', nowUnixMs: 0, records: {}, found: {} };

/** Arguments of a method, as the contract has them. */
function schemaOf({ contract, method }: CaseOperation): TObject {
  const [name, version] = contract.split('@');
  const found = allContracts.find((one) => one.name === name && one.version === version)?.methods[method];
  if (found === undefined) throw new Error(`no contract has ${contract} ${method}`);
  return found.args;
}

/** Operations of a step in their order, its own last. */
function operationsOf({ before = [], ...own }: CaseStep): readonly CaseOperation[] {
  return [...before.flatMap((move) => ('operation' in move ? [move.operation] : [])), own];
}

const lookupsOf = ({ before = [] }: CaseStep) => before.flatMap((move) => ('lookup' in move ? [move.lookup] : []));

/** Everything of a step that no ledger gets. */
const privateInputsOf = (step: CaseStep): readonly PrivateInput[] => [
  ...lookupsOf(step).flatMap(({ inputs }) => inputs),
  ...operationsOf(step).flatMap(({ privateValues }) => privateValues?.fields.flatMap(({ inputs }) => inputs) ?? []),
];

function fieldOf(operation: CaseOperation, name: string, schema: TSchema, records: Records): CaseField {
  const choices = operation.choices?.[name]?.(records) ?? choicesOf(schema);
  if (choices.length > 0) return { name, kind: 'choice', isPrivate: false, choices: [...choices] };
  if (schema['type'] !== 'integer')
    return { name, kind: 'text', isPrivate: false, ...(schema['pattern'] === undefined ? {} : { pattern: String(schema['pattern']) }) };
  const kind = name.endsWith('UnixMs') ? 'time' : operation.money?.includes(name) === true ? 'money' : 'whole';
  return {
    name,
    kind,
    isPrivate: false,
    minimum: Number(schema['minimum'] ?? 0),
    maximum: Number(schema['maximum'] ?? Number.MAX_SAFE_INTEGER),
  };
}

function choicesOf(schema: TSchema): readonly string[] {
  const options: readonly TSchema[] = schema['anyOf'] ?? [];
  return options.flatMap((option) => (typeof option['const'] === 'string' ? [option['const']] : []));
}

/** Arguments that somebody types in as they are: what the console does not know and no vault keeps. */
function openArgumentsOf(operation: CaseOperation): readonly (readonly [string, TSchema])[] {
  const { fixed, privateValues } = operation;
  const known = new Set([...Object.keys(fixed(NOTHING)), privateValues?.referenceField ?? '']);
  for (const { field } of privateValues?.fields ?? []) known.add(field);
  return Object.entries<TSchema>(schemaOf(operation).properties).filter(([name]) => !known.has(name));
}

/** Fields of an operation in the order of the contract's arguments; inputs of a private value where it stands. */
function fieldsOf(operation: CaseOperation, records: Records): readonly CaseField[] {
  const open = new Map(openArgumentsOf(operation));
  const hidden = operation.privateValues?.fields ?? [];
  return Object.keys(schemaOf(operation).properties).flatMap((name) => {
    const schema = open.get(name);
    if (schema !== undefined) return [fieldOf(operation, name, schema, records)];
    return hidden.filter(({ field }) => field === name).flatMap(({ inputs }) => inputs.map(privateFieldOf));
  });
}

const privateFieldOf = ({ choices, ...input }: PrivateInput): CaseField => ({
  ...input,
  isPrivate: true,
  ...(choices === undefined ? {} : { choices: [...choices] }),
});

/** The form of a step: every argument of its contracts that the console does not know by itself, and what its lookups go by. */
export function formOf(step: CaseStep, records: Records = {}): CaseForm {
  const looked = lookupsOf(step).flatMap(({ inputs }) => inputs.map(privateFieldOf));
  const asked = operationsOf(step).flatMap((operation) => fieldsOf(operation, records));
  return { step: step.name, method: `${step.contract} ${step.method}`, fields: [...looked, ...asked] };
}

const wrong = (field: string, code: FieldError['code'], detail: string): FieldError => ({ field: `values.${field}`, code, detail });

function privateError({ name, kind, pattern, choices }: PrivateInput, value: string | undefined): FieldError | undefined {
  if (value === undefined || value === '') return wrong(name, 'required', 'must be there');
  if (value.length > PRIVATE_TEXT_CHARS_MAX) return wrong(name, 'tooLong', `at most ${PRIVATE_TEXT_CHARS_MAX} characters`);
  if (choices !== undefined && !choices.includes(value)) return wrong(name, 'notOneOf', `one of ${choices.join(', ')}`);
  if (pattern === undefined || new RegExp(pattern).test(value)) return undefined;
  return wrong(name, 'format', kind === 'digest' ? 'SHA-256 in lower-case hex' : pattern);
}

/** Arguments of an operation without what is private, and that apart. */
export interface Filled {
  readonly args: JsonObject;
  readonly privateValues: PrivateValues | undefined;
}

function privateValuesOf({ privateValues: kept }: CaseOperation, values: Values): PrivateValues | undefined {
  if (kept === undefined) return undefined;
  const { subjectField, collection, referenceField = '', fields } = kept;
  const sealed = fields.map(({ field, standIn, valueOf }) => ({
    field,
    standIn: STAND_INS[standIn],
    value: encodeCanonical(valueOf(values)),
  }));
  return { subjectField, collection, referenceField, values: sealed };
}

const WHOLE: ReadonlySet<string> = new Set<CaseField['kind']>(['whole', 'money', 'time']);

/** What is not private, numbers as numbers. */
function openValuesOf(operation: CaseOperation, values: Values): JsonObject {
  const taken = openArgumentsOf(operation).flatMap(([name, schema]) => {
    const text = values[name];
    if (text === undefined) return [];
    const { kind } = fieldOf(operation, name, schema, {});
    return [[name, WHOLE.has(kind) && /^\d{1,16}$/.test(text) ? Number(text) : text] as const];
  });
  return Object.fromEntries(taken);
}

/** The operation with what was typed in and found out; its form was checked before. */
export function fillOperation(operation: CaseOperation, known: Known, values: Values): Filled {
  return { args: { ...openValuesOf(operation, values), ...operation.fixed(known) }, privateValues: privateValuesOf(operation, values) };
}

/** What the contract's own schema says of an operation, with something in place of what is private. */
function argumentError(operation: CaseOperation, known: Known, values: Values): FieldError | undefined {
  const { fields = [], referenceField } = operation.privateValues ?? {};
  const stood = Object.fromEntries(fields.map(({ field, standIn }) => [field, STANDS_FOR[standIn]]));
  const reference = referenceField === undefined ? {} : { [referenceField]: STANDS_FOR.pseudonym };
  const checked = checkArgs(schemaOf(operation), { ...fillOperation(operation, known, values).args, ...stood, ...reference });
  if (checked.ok) return undefined;
  const { path, expected } = checked.refusal.facts;
  const field = String(path).replace(/^\//, '').replaceAll('/', '.');
  return wrong(field, values[field] === undefined ? 'required' : 'format', String(expected));
}

/**
 * Whether a step can be taken with what somebody typed in, before anything is looked up or done.
 *
 * @throws ProblemError INVALID with what is wrong beside its field, by the contracts' own schemas. No value is repeated.
 */
export function checkForm(step: CaseStep, known: Known, values: Values): void {
  const asked = formOf(step, known.records).fields.map(({ name }) => name);
  const unasked = Object.keys(values).filter((name) => !asked.includes(name));
  const errors = unasked.map((name) => wrong(name, 'unknown', 'nothing asks for it'));
  errors.push(...privateInputsOf(step).flatMap((input) => privateError(input, values[input.name]) ?? []));
  const found = Object.assign({}, known.found, ...lookupsOf(step).map(({ stands }) => stands)) as JsonObject;
  const first = operationsOf(step).flatMap((operation) => argumentError(operation, { ...known, found }, values) ?? [])[0];
  if (first !== undefined && errors.length === 0) errors.push(first);
  if (errors.length > 0) throw new ProblemError('INVALID', 'the form cannot be taken as it is', { errors });
}

/** A step without lookups, checked and filled. @throws ProblemError as checkForm. */
export function fillForm(step: CaseStep, known: Known, values: Values): Filled {
  checkForm(step, known, values);
  return fillOperation(step, known, values);
}

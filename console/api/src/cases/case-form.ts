import { encodeCanonical, type Json, type JsonObject } from '@civitas/canon';
import type { CaseField, CaseForm, CaseValues, FieldError } from '@civitas/console-contract';
import { allContracts, checkArgs } from '@civitas/contracts';
import { type PrivateValues, StandIn } from '@civitas/proto/civitas/node/v1/person';
import type { TObject, TSchema } from '@sinclair/typebox';
import { ProblemError } from '../http/problem-error.ts';
import type { CaseStep, Known, PrivateField } from './case-kinds.ts';
import { PRIVATE_TEXT_CHARS_MAX } from './limits.ts';

type Values = CaseValues['values'];

/** What stands for a private value while a form is only checked: any id, any commitment. */
const STANDS_FOR = { pseudonym: 'A'.repeat(22), commitment: 'A'.repeat(43) } as const;
const DIGEST = '^[0-9a-f]{64}$';
const NOTHING: Known = { id: '', eventId: '', nowUnixMs: 0, records: {} };

/** Arguments of a step's method, as the contract has them. */
function schemaOf({ contract, method }: CaseStep): TObject {
  const [name, version] = contract.split('@');
  const found = allContracts.find((one) => one.name === name && one.version === version)?.methods[method];
  if (found === undefined) throw new Error(`no contract has ${contract} ${method}`);
  return found.args;
}

const privateFieldOf = (step: CaseStep, field: string): PrivateField | undefined =>
  step.privateValues?.fields.find((one) => one.field === field);

function fieldOf(step: CaseStep, name: string, schema: TSchema): CaseField {
  const hidden = privateFieldOf(step, name);
  if (hidden !== undefined) return { name, kind: hidden.form, isPrivate: true, ...(hidden.form === 'digest' ? { pattern: DIGEST } : {}) };
  const options: readonly TSchema[] = schema['anyOf'] ?? [];
  const choices = options.flatMap((option) => (typeof option['const'] === 'string' ? [option['const']] : []));
  if (choices.length > 0) return { name, kind: 'choice', isPrivate: false, choices };
  if (schema['type'] !== 'integer')
    return { name, kind: 'text', isPrivate: false, ...(schema['pattern'] === undefined ? {} : { pattern: String(schema['pattern']) }) };
  const kind = name.endsWith('UnixMs') ? 'time' : step.money?.includes(name) === true ? 'money' : 'whole';
  return {
    name,
    kind,
    isPrivate: false,
    minimum: Number(schema['minimum'] ?? 0),
    maximum: Number(schema['maximum'] ?? Number.MAX_SAFE_INTEGER),
  };
}

/** The form of a step: every argument of the contract that the console does not know by itself. */
export function formOf(step: CaseStep): CaseForm {
  const known = new Set(Object.keys(step.fixed(NOTHING)));
  const asked = Object.entries<TSchema>(schemaOf(step).properties).filter(([name]) => !known.has(name));
  return { step: step.name, method: `${step.contract} ${step.method}`, fields: asked.map(([name, schema]) => fieldOf(step, name, schema)) };
}

const wrong = (field: string, code: FieldError['code'], detail: string): FieldError => ({ field: `values.${field}`, code, detail });

function privateError({ field, form }: PrivateField, value: Values[string] | undefined): FieldError | undefined {
  if (value === undefined || value === '') return wrong(field, 'required', 'must be there');
  if (value.length > PRIVATE_TEXT_CHARS_MAX) return wrong(field, 'tooLong', `at most ${PRIVATE_TEXT_CHARS_MAX} characters`);
  return form === 'digest' && !new RegExp(DIGEST).test(value) ? wrong(field, 'format', 'SHA-256 in lower-case hex') : undefined;
}

/** Arguments of a step without what is private, and that apart. */
export interface Filled {
  readonly args: JsonObject;
  readonly privateValues: PrivateValues | undefined;
}

function privateValuesOf(step: CaseStep, values: Values): PrivateValues | undefined {
  if (step.privateValues === undefined) return undefined;
  const { subjectField, collection, fields } = step.privateValues;
  const kept = fields.map(({ field, standIn, form }) => {
    const text = values[field] ?? '';
    const value: Json = form === 'digest' ? { sha256: text } : text;
    const stands = standIn === 'commitment' ? StandIn.STAND_IN_COMMITMENT : StandIn.STAND_IN_PSEUDONYM;
    return { field, standIn: stands, value: encodeCanonical(value) };
  });
  return { subjectField, collection, referenceField: '', values: kept };
}

const WHOLE: ReadonlySet<string> = new Set<CaseField['kind']>(['whole', 'money', 'time']);

/** What is not private, numbers as numbers. */
function openValuesOf(step: CaseStep, values: Values): JsonObject {
  const kinds = new Map(formOf(step).fields.map(({ name, kind }) => [name, kind]));
  const open = Object.entries(values).filter(([name]) => privateFieldOf(step, name) === undefined);
  return Object.fromEntries(
    open.map(([name, text]) => [name, WHOLE.has(kinds.get(name) ?? '') && /^\d{1,16}$/.test(text) ? Number(text) : text]),
  );
}

/**
 * What somebody typed in, as the arguments of the step.
 *
 * @throws ProblemError INVALID with what is wrong beside its field, by the contract's own schema. No value is repeated.
 */
export function fillForm(step: CaseStep, known: Known, values: Values): Filled {
  const asked = formOf(step).fields.map(({ name }) => name);
  const errors = Object.keys(values)
    .filter((name) => !asked.includes(name))
    .map((name) => wrong(name, 'unknown', 'nothing asks for it'));
  const hidden = step.privateValues?.fields ?? [];
  for (const field of hidden) errors.push(...[privateError(field, values[field.field])].filter((error) => error !== undefined));
  const open = openValuesOf(step, values);
  const args: JsonObject = { ...open, ...step.fixed(known) };
  const stood = Object.fromEntries(hidden.map(({ field, standIn }) => [field, STANDS_FOR[standIn]]));
  const checked = checkArgs(schemaOf(step), { ...args, ...stood });
  if (!checked.ok && errors.length === 0) {
    const { path, expected } = checked.refusal.facts;
    const field = String(path).replace(/^\//, '').replaceAll('/', '.');
    errors.push(wrong(field, open[field] === undefined ? 'required' : 'format', String(expected)));
  }
  if (errors.length > 0) throw new ProblemError('INVALID', 'the form cannot be taken as it is', { errors });
  return { args, privateValues: privateValuesOf(step, values) };
}

import { Environment } from '@marcbachmann/cel-js';
import { isObject, type Json, type JsonObject, objectAt } from '../json.ts';

/** One `x-kubernetes-validations` rule, compiled once. */
export interface CelRule {
  readonly rule: string;
  /** Whether it compares with the value before; such a rule does not run on create, unless `optionalOldSelf`. */
  readonly isTransition: boolean;
  readonly optionalOldSelf: boolean;
  readonly reason: string;
  readonly fieldPath: string;
  /** @returns undefined when the rule holds, else the message for the person who wrote the object. */
  readonly check: (self: unknown, oldSelf: unknown) => string | undefined;
}

const environment = makeEnvironment();
// Declared, because the library cannot tell what `oldSelf.value()` is of a name it knows nothing of.
const optionalEnvironment = makeEnvironment().registerVariable('oldSelf', 'optional<dyn>');
const optionalOf = environment.parse('optional.of(value)');
const optionalNone = environment.parse('optional.none()');

function makeEnvironment(): Environment {
  const made = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  // The list and string functions Kubernetes adds to CEL (k8s.io/apiserver/pkg/cel/library).
  made.registerFunction('list.isSorted(): bool', (list: unknown[]) =>
    list.every((item, index) => index === 0 || isOrdered(list[index - 1], item)),
  );
  made.registerFunction('list.sum(): dyn', (list: unknown[]) => sumOf(list));
  made.registerFunction('list.min(): dyn', (list: unknown[]) => extremeOf(list, 'min'));
  made.registerFunction('list.max(): dyn', (list: unknown[]) => extremeOf(list, 'max'));
  made.registerFunction('list.indexOf(dyn): int', (list: unknown[], item: unknown) => BigInt(list.indexOf(item)));
  made.registerFunction('list.lastIndexOf(dyn): int', (list: unknown[], item: unknown) => BigInt(list.lastIndexOf(item)));
  made.registerFunction('string.find(string): string', (text: string, pattern: string) => new RegExp(pattern).exec(text)?.[0] ?? '');
  made.registerFunction('string.findAll(string): list', (text: string, pattern: string) =>
    [...text.matchAll(new RegExp(pattern, 'g'))].map((match) => match[0]),
  );
  made.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => text.split(from).join(to));
  made.registerFunction('isURL(string): bool', (text: string) => URL.canParse(text));
  return made;
}

function isOrdered(left: unknown, right: unknown): boolean {
  if (typeof left === 'string' && typeof right === 'string') return left <= right;
  return Number(left) <= Number(right);
}

function sumOf(list: readonly unknown[]): bigint | number {
  if (list.every((item) => typeof item === 'bigint')) return list.reduce((sum: bigint, item) => sum + item, 0n);
  return list.reduce((sum: number, item) => sum + Number(item), 0);
}

function extremeOf(list: readonly unknown[], which: 'min' | 'max'): unknown {
  if (list.length === 0) throw new RangeError(`${which} called on empty list`);
  return list.reduce((best, item) => (isOrdered(best, item) === (which === 'max') ? item : best));
}

/** A rule that does not compile, with the compiler's words. */
export interface CelProblem {
  readonly rule: string;
  readonly message: string;
}

/** Compiles one rule of a schema. */
export function compileRule(source: JsonObject): CelRule | CelProblem {
  const rule = textOf(source['rule']);
  try {
    const optionalOldSelf = source['optionalOldSelf'] === true;
    const language = optionalOldSelf ? optionalEnvironment : environment;
    const program = language.parse(rule);
    const explain = typeof source['messageExpression'] === 'string' ? language.parse(source['messageExpression']) : undefined;
    const fallback = textOf(source['message']) || `failed rule: ${rule.replaceAll('\n', ' ').trim()}`;
    return {
      rule,
      isTransition: /\boldSelf\b/.test(rule),
      optionalOldSelf,
      reason: textOf(source['reason']) || 'FieldValueInvalid',
      fieldPath: textOf(source['fieldPath']),
      check: (self, oldSelf) => {
        const before = optionalOldSelf ? (oldSelf === undefined ? optionalNone() : optionalOf({ value: oldSelf })) : oldSelf;
        try {
          return program({ self, oldSelf: before }) === true ? undefined : (explained(explain, { self, oldSelf: before }) ?? fallback);
        } catch (cause) {
          return `${fallback} (rule evaluation error: ${firstLine(cause)})`;
        }
      },
    };
  } catch (cause) {
    return { rule, message: `compilation failed: ${firstLine(cause)}` };
  }
}

function explained(
  explain: ((context: { self: unknown; oldSelf: unknown }) => unknown) | undefined,
  context: { self: unknown; oldSelf: unknown },
): string | undefined {
  if (explain === undefined) return undefined;
  try {
    const text = explain(context);
    return typeof text === 'string' && text.trim() !== '' ? text : undefined;
  } catch {
    // A message that cannot be computed gives way to the fixed one, as in the real server.
    return undefined;
  }
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

const reservedWords = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);

/** How a property is called in CEL: reserved words and letters that are no identifier are escaped as Kubernetes does. */
function celNameOf(property: string): string {
  if (reservedWords.has(property)) return `__${property}__`;
  return property.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}

/** A JSON value as CEL sees it through its schema: integers as int64, numbers as double, date-times as timestamps. */
export function celValueOf(value: Json, schema: JsonObject): unknown {
  if (Array.isArray(value)) return value.map((item) => celValueOf(item, objectAt(schema, 'items')));
  if (isObject(value)) {
    const properties = objectAt(schema, 'properties');
    const rest = objectAt(schema, 'additionalProperties');
    return new Map(
      Object.entries(value).map(([key, child]) =>
        Object.hasOwn(properties, key) ? [celNameOf(key), celValueOf(child, objectAt(properties, key))] : [key, celValueOf(child, rest)],
      ),
    );
  }
  if (typeof value === 'number') return schema['type'] === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (typeof value === 'string' && schema['format'] === 'date-time') return new Date(value);
  return value;
}

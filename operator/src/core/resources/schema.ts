import { type Static, type TSchema, type TString, type TUnsafe, Type } from '@sinclair/typebox';
import { CONDITIONS_MAX, MESSAGE_CHARS_MAX, NAME_CHARS_MAX, REASON_CHARS_MAX } from './limits.ts';

/** A rule the API server checks; `message` is what a person reads when it is broken. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** Extensions of a structural schema that TypeBox carries along as options. */
export function rules(...list: readonly Rule[]): { 'x-kubernetes-validations': readonly Rule[] } {
  return { 'x-kubernetes-validations': list };
}

/** RFC 1123 label: what Kubernetes takes as a name. */
export function nameString(description: string, options: object = {}): TString {
  return Type.String({ description, minLength: 1, maxLength: NAME_CHARS_MAX, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', ...options });
}

export function text(description: string, maxLength: number, options: object = {}): TString {
  return Type.String({ description, maxLength, ...options });
}

/** A string that is one of the given ones. */
export function oneOf<const Values extends readonly string[]>(
  description: string,
  values: Values,
  options: object = {},
): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', description, enum: [...values], ...options });
}

/** Bytes as unpadded base64url of exactly `bytes` bytes. */
export function base64urlString(description: string, bytes: number): TString {
  const length = Math.ceil((bytes * 4) / 3);
  return Type.String({ description, minLength: length, maxLength: length, pattern: '^[A-Za-z0-9_-]+$' });
}

/** A list merged by key on apply, so that two writers can each own an entry. */
export function mapList<Item extends TSchema>(
  item: Item,
  keys: readonly string[],
  options: { description: string; maxItems: number; minItems?: number },
) {
  return Type.Array(item, { ...options, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys });
}

export const Condition = Type.Object({
  type: text('CamelCase name.', REASON_CHARS_MAX, { minLength: 1 }),
  status: oneOf('Whether it holds.', ['True', 'False', 'Unknown']),
  observedGeneration: Type.Optional(Type.Integer({ description: 'Generation of the spec it speaks of.', minimum: 0 })),
  lastTransitionTime: Type.String({ description: 'When the status last changed.', format: 'date-time', maxLength: 40 }),
  reason: text('CamelCase, for machines.', REASON_CHARS_MAX, { minLength: 1 }),
  message: text('For people.', MESSAGE_CHARS_MAX),
});

/** Fields every status starts with. `phase` is derived from the conditions and says nothing they do not. */
export const statusHead = {
  observedGeneration: Type.Optional(Type.Integer({ description: 'Generation of the spec this status answers.', minimum: 0 })),
  phase: Type.Optional(text('The conditions in one word.', REASON_CHARS_MAX)),
  conditions: Type.Optional(mapList(Condition, ['type'], { description: 'One entry a type.', maxItems: CONDITIONS_MAX })),
};

export type Condition = Static<typeof Condition>;

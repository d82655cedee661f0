import { type TObject, type TProperties, type TSchema, type TString, type TUnsafe, Type } from '@sinclair/typebox';
import { CURSOR_CHARS_MAX, NAME_CHARS_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, TEXT_CHARS_MAX } from './limits.ts';

/** An object that takes no other field than these. */
export function closed<T extends TProperties>(properties: T, options: object = {}): TObject<T> {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** A string that is one of the given ones. */
export function oneOf<const Values extends readonly string[]>(values: Values, description: string): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], description });
}

/** RFC 1123 label: what Kubernetes takes as a name. */
export function name(description: string): TString {
  return Type.String({ description, minLength: 1, maxLength: NAME_CHARS_MAX, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' });
}

/** Text for people. */
export function text(description: string, maxLength: number = TEXT_CHARS_MAX): TString {
  return Type.String({ description, maxLength });
}

/** RFC 3339. */
export function time(description: string): TString {
  return Type.String({ description, maxLength: 40 });
}

export function whole(description: string) {
  return Type.Integer({ description, minimum: 0 });
}

/** SHA-256 as lower-case hex. */
export function hash(description: string): TString {
  return Type.String({ description, pattern: '^[0-9a-f]{64}$' });
}

/** Text in the two languages of the city. */
export const Names = closed({ zh: text('In Chinese.', 128), en: text('In English.', 128) });

/** Query of every list: `limit` items from `cursor` on. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ description: 'Items wanted.', minimum: 1, maximum: PAGE_ITEMS_MAX, default: PAGE_ITEMS_DEFAULT })),
  cursor: Type.Optional(Type.String({ description: '`next` of the page before.', minLength: 1, maxLength: CURSOR_CHARS_MAX })),
};

/** One page of a list; `next` is there while there is more. */
export function page<Item extends TSchema>(item: Item) {
  return closed({ items: Type.Array(item), next: Type.Optional(Type.String({ maxLength: CURSOR_CHARS_MAX })) });
}

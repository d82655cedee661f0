import { IdentityFault } from '../identity-fault.ts';

/** Fields of the provider's JSON objects, read as what they must be. */
export interface Representation {
  text(field: string): string;
  textOr(field: string, otherwise: string): string;
  flag(field: string, otherwise: boolean): boolean;
  number(field: string): number;
  /** Those entries of a list that are objects; none where the field is absent. */
  list(field: string): readonly Representation[];
  /** Lists of texts by key. */
  attributes(): Readonly<Record<string, readonly string[]>>;
  object(field: string): Representation;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** @throws IdentityFault DIRECTORY_ANSWER where the value is no object, or by its methods for a field of another form. */
export function representationOf(value: unknown, what: string): Representation {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what, 'is no object');
  const raw = value as Readonly<Record<string, unknown>>;
  return {
    raw,
    text(field) {
      const found = raw[field];
      if (typeof found !== 'string') throw wrong(what, `has no text '${field}'`);
      return found;
    },
    textOr(field, otherwise) {
      const found = raw[field];
      return typeof found === 'string' ? found : otherwise;
    },
    flag(field, otherwise) {
      const found = raw[field];
      return typeof found === 'boolean' ? found : otherwise;
    },
    number(field) {
      const found = raw[field];
      if (typeof found !== 'number' || !Number.isFinite(found)) throw wrong(what, `has no number '${field}'`);
      return found;
    },
    list(field) {
      const found = raw[field];
      return Array.isArray(found) ? found.map((entry) => representationOf(entry, `${what} ${field}`)) : [];
    },
    attributes: () => attributesOf(raw['attributes']),
    object: (field) => representationOf(raw[field] ?? {}, `${what} ${field}`),
  };
}

/** A list of objects, such as every list of the Admin REST. */
export function representationsOf(value: unknown, what: string): readonly Representation[] {
  if (!Array.isArray(value)) throw wrong(what, 'is no list');
  return value.map((entry) => representationOf(entry, what));
}

function attributesOf(value: unknown): Readonly<Record<string, readonly string[]>> {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value).map(([key, texts]) => {
    const list: readonly unknown[] = Array.isArray(texts) ? texts : [texts];
    return [key, list.filter((text) => typeof text === 'string')] as const;
  });
  return Object.fromEntries(entries);
}

function wrong(what: string, how: string): IdentityFault {
  return new IdentityFault('DIRECTORY_ANSWER', `${what} ${how}`);
}

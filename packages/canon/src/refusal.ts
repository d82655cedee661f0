import type { JsonObject } from './json.ts';

/** What the caller does next with input that was refused. */
export type RefusalThen = 'drop' | 'retry' | 'sync' | 'report';

/** Why input was turned down. `code` is API; `facts` hold no secrets and no personal data. */
export interface Refusal {
  readonly code: string;
  readonly facts: JsonObject;
  readonly then: RefusalThen;
}

/** What a code says, and what whoever meets it can do: the rows of docs/reference/errors.md. */
export type CodeMeanings = Readonly<Record<string, { readonly meaning: string; readonly remedy: string }>>;

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export type Result<T> = { readonly ok: true; readonly value: T } | Refused;

export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** @param then what the caller should do; 'drop' unless waiting or catching up can help. */
export function refuse(code: string, facts: JsonObject = {}, then: RefusalThen = 'drop'): Refused {
  return { ok: false, refusal: { code, facts, then } };
}

/** Codes of the readers of this package. */
export const CANON_REFUSALS = {
  MALFORMED: {
    meaning: 'A field has another form than its type says.',
    remedy: 'Correct the field that `field` names; the caller is wrong.',
  },
  JSON_TOO_LARGE: { meaning: 'A document is larger than its reader takes.', remedy: 'Send less than `bytesMax` bytes.' },
  JSON_MALFORMED: { meaning: 'The bytes are not UTF-8 or not JSON.', remedy: 'Send UTF-8 JSON.' },
  JSON_NOT_CANONICAL: {
    meaning: 'The JSON is valid but not in its one canonical spelling, so its hash would be ambiguous.',
    remedy: 'Encode with canonical JSON (packages/canon).',
  },
  BODY_TOO_LARGE: {
    meaning: "An operation's signed body is too large.",
    remedy: 'Send less than `bodyBytesMax` bytes; documents belong into a vault.',
  },
  ARGUMENTS_TOO_LARGE: {
    meaning: "An operation's arguments are too large.",
    remedy: 'Send less than `argumentsBytesMax` bytes; documents belong into a vault.',
  },
  SUITE_UNKNOWN: {
    meaning: 'The operation names a signature suite that this version does not verify.',
    remedy: 'Sign with the suite of packages/canon.',
  },
  VERSION_UNKNOWN: { meaning: 'The operation has another format version.', remedy: 'Use a client of the same release.' },
  SIGNATURE_FORM: {
    meaning: 'A signature has the wrong length, or the index, total and path of a shared one do not fit together.',
    remedy: 'Send 64 bytes of Ed25519; a shared signature covers 2 to 256 operations.',
  },
  CO_SIGNATURES_TOO_MANY: { meaning: 'More co-signatures than any verb needs.', remedy: 'Send at most `countMax`.' },
  CO_SIGNATURE_ORDER: {
    meaning: 'Co-signatures are not in rising order of key id, or one stands twice.',
    remedy: 'Sort by key id, each once.',
  },
} as const satisfies CodeMeanings;

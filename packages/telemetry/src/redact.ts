import { LOG_TEXT_CHARS_MAX, REDACTED_DEPTH_MAX, REDACTED_ENTRIES_MAX } from './limits.ts';

/** Fields that may hold a person's data or a secret, at whatever depth. */
export const REDACTED_FIELDS: readonly string[] = [
  'args',
  'value',
  'salt',
  'identifier',
  'identityNumber',
  'name',
  'birthDate',
  'address',
  'phone',
  'email',
  'document',
  'plaintext',
  'privateKey',
  'secret',
  'password',
  'authorization',
  'cookie',
  'token',
  'body',
];

const CENSOR = '[redacted]';
const NONE: ReadonlySet<string> = new Set();
const HIDDEN: ReadonlySet<string> = new Set(REDACTED_FIELDS.map((field) => field.toLowerCase()));

/** What is personal or secret in any text: PEM keys, JSON web tokens, bearer tokens, mail addresses, identity and mobile numbers of the PRC (GB 11643; 11 digits from 1). */
const PATTERNS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  /\bBearer\s+[^\s"',;]+/gi,
  /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+/g,
  /(?<![\w.-])\d{17}[\dXx](?![\w.-])/g,
  /(?<![\w.-])(?:\+86[ -]?)?1[3-9]\d{9}(?![\w.-])/g,
];

/** The text without what a pattern finds in it, cut to LOG_TEXT_CHARS_MAX characters. */
export function redactText(text: string): string {
  return PATTERNS.reduce((rest, pattern) => rest.replace(pattern, CENSOR), text.slice(0, LOG_TEXT_CHARS_MAX));
}

/** A copy in which personal fields are censored and every text is redacted; what is deeper or longer than the bounds is left out. */
export function redacted(value: unknown): unknown {
  return redactedFor(value);
}

/** The same, but for fields that hold nothing personal where this value comes from. @param kept names of such fields. */
export function redactedFor(value: unknown, kept: ReadonlySet<string> = NONE, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= REDACTED_DEPTH_MAX) return '[deep]';
  if (value instanceof Error) return { error: redactText(value.message), stack: redactText(value.stack ?? '') };
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (Array.isArray(value)) return value.slice(0, REDACTED_ENTRIES_MAX).map((entry) => redactedFor(entry, kept, depth + 1));
  const entries = Object.entries(value).slice(0, REDACTED_ENTRIES_MAX);
  return Object.fromEntries(
    entries.map(([key, entry]) => [key, isPersonal(key) && !kept.has(key) ? CENSOR : redactedFor(entry, kept, depth + 1)]),
  );
}

/** Whether a field of this name may hold a person's data or a secret. */
export function isPersonal(field: string): boolean {
  return HIDDEN.has(field.toLowerCase());
}

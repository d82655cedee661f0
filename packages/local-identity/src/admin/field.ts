import { accept, type Result, refuse } from '@civitas/canon';
import { TEXT_CHARACTERS_MAX } from '../limits.ts';

export type Json = Readonly<Record<string, unknown>>;

const ALIAS = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const EMAIL = /^[^\s@<>"]{1,64}@[^\s@<>"]{1,190}$/;

export function parseJson(text: string): Result<unknown> {
  try {
    return accept(JSON.parse(text) as unknown);
  } catch {
    return refuse('IDENTITY_INVALID', { field: 'body' });
  }
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= TEXT_CHARACTERS_MAX;
}

export function isAlias(value: unknown): value is string {
  return typeof value === 'string' && ALIAS.test(value);
}

/** An address as it is compared: lower case. */
export function parseEmail(value: unknown): Result<string> {
  const email = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return EMAIL.test(email) ? accept(email) : refuse('IDENTITY_INVALID', { field: 'email' });
}

export function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item.length <= 4 * TEXT_CHARACTERS_MAX)
    ? value
    : undefined;
}

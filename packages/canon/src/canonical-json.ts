import type { Bytes } from './bytes.ts';
import { InvariantError } from './invariant.ts';
import { JSON_BYTES_MAX, JSON_DEPTH_MAX } from './limits.ts';
import { accept, type Result, refuse } from './refusal.ts';
import { utf8Decode, utf8Encode } from './utf8.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Thrown while walking a value that has no canonical form; caught at the edge of this file. */
class NotCanonicalError extends Error {}

const PLAIN_TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

function quoted(text: string): string {
  if (PLAIN_TEXT.test(text)) return `"${text}"`;
  if (LONE_SURROGATE.test(text)) throw new NotCanonicalError('lone surrogate in text');
  return JSON.stringify(text);
}

/** Keys by UTF-16 code unit (RFC 8785 section 3.2.3). `__proto__` is refused: copying an object by assignment would lose it. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] ?? '') < (keys[i] ?? '')) continue;
    keys.sort();
    break;
  }
  return keys;
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  // JSON.parse inside another realm (a test's own globals) makes objects of that realm: compare the shape, not the identity.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw new NotCanonicalError('not a plain object');
  let text = '';
  for (const key of sortedKeys(value)) {
    if (key === '__proto__') throw new NotCanonicalError('key __proto__');
    const member: unknown = Reflect.get(value, key);
    text += `${text === '' ? '' : ','}${quoted(key)}:${write(member, depth + 1)}`;
  }
  return `{${text}}`;
}

function writeArray(value: readonly unknown[], depth: number): string {
  let text = '';
  for (let i = 0; i < value.length; i++) text += (i === 0 ? '' : ',') + write(value[i], depth + 1);
  return `[${text}]`;
}

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new NotCanonicalError('not an integer within 2^53 - 1');
    return String(value);
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null) return 'null';
  if (depth > JSON_DEPTH_MAX) throw new NotCanonicalError(`deeper than ${JSON_DEPTH_MAX}`);
  if (Array.isArray(value)) return writeArray(value, depth);
  if (typeof value === 'object') return writeObject(value, depth);
  throw new NotCanonicalError(`a ${typeof value} has no JSON form`);
}

/** The canonical text (RFC 8785, integers only) of a value that came from our own code. @throws InvariantError when it has none. */
export function canonicalString(value: Json): string {
  try {
    return write(value, 1);
  } catch (error) {
    if (error instanceof NotCanonicalError) throw new InvariantError(`value has no canonical JSON: ${error.message}`);
    throw error;
  }
}

/** The canonical bytes of a value that came from our own code. @throws InvariantError when it has none. */
export function encodeCanonical(value: Json): Bytes {
  return utf8Encode(canonicalString(value));
}

/** The canonical bytes of an unchecked value; refused with JSON_NOT_CANONICAL when it has none. */
export function tryEncodeCanonical(value: unknown): Result<Bytes> {
  try {
    return accept(utf8Encode(write(value, 1)));
  } catch (error) {
    if (error instanceof NotCanonicalError) return refuse('JSON_NOT_CANONICAL', { reason: error.message });
    throw error;
  }
}

function parseText(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/**
 * Reads canonical JSON; a value has exactly one accepted encoding.
 *
 * @param bytesMax bytes; a caller with its own limit gives it here.
 * @returns JSON_TOO_LARGE, JSON_MALFORMED (not UTF-8, not JSON) or JSON_NOT_CANONICAL (another spelling, too deep, a float, a duplicate key).
 */
export function parseCanonical(bytes: Bytes, bytesMax: number = JSON_BYTES_MAX): Result<Json> {
  if (bytes.length > bytesMax) return refuse('JSON_TOO_LARGE', { bytes: bytes.length, bytesMax });
  const text = utf8Decode(bytes);
  if (text === undefined) return refuse('JSON_MALFORMED', { reason: 'not UTF-8' });
  const value = parseText(text);
  if (value === undefined) return refuse('JSON_MALFORMED', { reason: 'not JSON' });
  try {
    if (write(value, 1) !== text) return refuse('JSON_NOT_CANONICAL', { reason: 'not the canonical spelling' });
  } catch (error) {
    if (error instanceof NotCanonicalError) return refuse('JSON_NOT_CANONICAL', { reason: error.message });
    throw error;
  }
  return accept(value);
}

/** True for an object, not for an array or null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

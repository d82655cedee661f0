import { type Bytes, base64urlDecode, isJsonObject, type Json, type JsonObject } from '@civitas/canon';

// Strict readers for JSON forms: each throws FieldError, which the entry of a form turns into its own refusal.

export class FieldError extends Error {}

/** An object with exactly these keys. */
export function objectWith(value: Json | undefined, keys: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw new FieldError('an object is expected');
  const present = Object.keys(value);
  if (present.length !== keys.length || keys.some((key) => !Object.hasOwn(value, key))) {
    throw new FieldError(`expected the fields ${keys.join(', ')}`);
  }
  return value;
}

export function textField(object: JsonObject, key: string, charsMax = 256): string {
  const value = object[key];
  if (typeof value !== 'string' || value.length > charsMax) throw new FieldError(`${key}: text of at most ${charsMax} characters`);
  return value;
}

export function integerField(object: JsonObject, key: string, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = object[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new FieldError(`${key}: integer 0 … ${max}`);
  }
  return value;
}

export function bytesOfText(value: Json | undefined, name: string): Bytes {
  const bytes = typeof value === 'string' ? base64urlDecode(value) : undefined;
  if (bytes === undefined) throw new FieldError(`${name}: base64url`);
  return bytes;
}

export function hashOfText(value: Json | undefined, name: string): Bytes {
  const bytes = bytesOfText(value, name);
  if (bytes.length !== 32) throw new FieldError(`${name}: 32 bytes`);
  return bytes;
}

export function arrayField(object: JsonObject, key: string, countMax: number): readonly Json[] {
  const value = object[key];
  if (!Array.isArray(value) || value.length > countMax) throw new FieldError(`${key}: array of at most ${countMax}`);
  return value;
}

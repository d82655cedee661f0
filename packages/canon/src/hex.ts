import type { Bytes } from './bytes.ts';

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const FORM = /^(?:[0-9a-f]{2})*$/;

/** Lower-case hexadecimal, two characters a byte. */
export function hexEncode(bytes: Bytes): string {
  let text = '';
  for (const byte of bytes) text += PAIRS[byte];
  return text;
}

/** Lower-case hexadecimal only, so that a value has one spelling; undefined otherwise. */
export function hexDecode(text: string): Bytes | undefined {
  if (!FORM.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

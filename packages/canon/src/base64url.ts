import type { Bytes } from './bytes.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES: readonly number[] = Array.from({ length: 128 }, (_, unit) => ALPHABET.indexOf(String.fromCharCode(unit)));

const UNITS: readonly number[] = Array.from(ALPHABET, (character) => character.charCodeAt(0));

function unitOf(word: number, shift: number): number {
  return UNITS[(word >> shift) & 63] ?? 0;
}

function wordAt(bytes: Bytes, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}

/** Base64url without padding (RFC 4648 section 5). */
export function base64urlEncode(bytes: Bytes): string {
  let text = '';
  const whole = bytes.length - (bytes.length % 6);
  // Eight characters a call: half the time of joining them one by one (measured on 32 bytes).
  for (let at = 0; at < whole; at += 6) {
    const [first, second] = [wordAt(bytes, at), wordAt(bytes, at + 3)];
    text += String.fromCharCode(
      unitOf(first, 18),
      unitOf(first, 12),
      unitOf(first, 6),
      unitOf(first, 0),
      unitOf(second, 18),
      unitOf(second, 12),
      unitOf(second, 6),
      unitOf(second, 0),
    );
  }
  for (let at = whole; at < bytes.length; at += 3) {
    const [left, word] = [bytes.length - at, wordAt(bytes, at)];
    text += ALPHABET.charAt(word >> 18) + ALPHABET.charAt((word >> 12) & 63);
    if (left > 1) text += ALPHABET.charAt((word >> 6) & 63);
    if (left > 2) text += ALPHABET.charAt(word & 63);
  }
  return text;
}

/** Undefined for padding, foreign characters and non-zero trailing bits, so that bytes have one spelling. */
export function base64urlDecode(text: string): Bytes | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? -1;
    if (value < 0) return undefined;
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 0xff;
    }
  }
  return (word & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

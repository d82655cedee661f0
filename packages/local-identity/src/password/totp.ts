import { createHmac, timingSafeEqual } from 'node:crypto';

const STEP_S = 30;
const DIGITS = 6;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Codes of the step before and after are taken too: clocks differ (RFC 6238, section 5.2). */
const STEPS_AROUND = 1;
export const TOTP_SECRET_BYTES = 20;

/** RFC 4648 base32 without padding, as authenticators take it. */
export function base32Of(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => ALPHABET[Number.parseInt(group.padEnd(5, '0'), 2)] ?? '').join('');
}

function bytesOfBase32(text: string): Buffer {
  const bits = Array.from(text)
    .map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** The code of a time step (RFC 4226 section 5.3, RFC 6238 section 4). */
export function totpCodeOf(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOfBase32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}

export function totpStepOf(nowUnixS: number): number {
  return Math.floor(nowUnixS / STEP_S);
}

/**
 * The time step whose code this is, around now and after the last one that was taken; undefined when there is none.
 *
 * @param nowUnixS Unix seconds.
 */
export function findTotpStep(
  typed: string,
  enrolment: { readonly secret: string; readonly lastStep: number },
  nowUnixS: number,
): number | undefined {
  const code = Buffer.from(typed.normalize('NFKC').replaceAll(/\s/g, ''));
  if (code.length !== DIGITS) return undefined;
  const middle = totpStepOf(nowUnixS);
  const steps = Array.from({ length: 2 * STEPS_AROUND + 1 }, (_, index) => middle - STEPS_AROUND + index);
  return steps.find((step) => step > enrolment.lastStep && timingSafeEqual(code, Buffer.from(totpCodeOf(enrolment.secret, step))));
}

/** What an authenticator reads from the QR code (Key URI Format of Google Authenticator). */
export function totpUriOf(secret: string, username: string, issuer: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(username)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_S}`;
}

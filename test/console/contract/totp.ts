import { createHmac } from 'node:crypto';

const STEP_S = 30;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function fromBase32(text: string): Buffer {
  const bits = Array.from(text.toUpperCase().replaceAll(/[^A-Z2-7]/g, ''))
    .map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from(
    Array.from({ length: Math.floor(bits.length / 8) }, (_, index) => Number.parseInt(bits.slice(index * 8, index * 8 + 8), 2)),
  );
}

/**
 * One-time codes of an authenticator. Each call gives another code, as a provider takes none twice: that of now, then that of the next step,
 * which its window still lets in.
 *
 * @see RFC 6238
 */
export function createAuthenticator(secretBase32: string): () => string {
  const key = fromBase32(secretBase32);
  let usedStep = 0;
  return () => {
    usedStep = Math.max(Math.floor(Date.now() / 1000 / STEP_S), usedStep + 1);
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(usedStep));
    const digest = createHmac('sha1', key).update(counter).digest();
    const offset = (digest.at(-1) ?? 0) & 0xf;
    return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
  };
}

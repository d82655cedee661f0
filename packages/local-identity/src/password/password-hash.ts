import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { HASHES_WAITING_MAX, PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN } from '../limits.ts';

/** Work of one hash: 128 × N × r bytes of memory, `parallelization` times. */
export interface ScryptCost {
  readonly n: number;
  readonly r: number;
  readonly parallelization: number;
}

export interface PasswordHash extends ScryptCost {
  readonly scheme: 'scrypt';
  /** base64url */
  readonly salt: string;
  /** base64url */
  readonly hash: string;
}

/** 32 MiB, three times: one of the equal settings of the OWASP password storage guide (2025). */
export const SCRYPT_COST: ScryptCost = { n: 2 ** 15, r: 8, parallelization: 3 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** Too many passwords wait to be hashed. */
export class HashQueueFull extends Error {
  override readonly name = 'HashQueueFull';
}

export interface PasswordHasher {
  /** @throws HashQueueFull under overload. */
  readonly hash: (password: string) => Promise<PasswordHash>;
  /**
   * True when the password has this hash; without a hash it takes as long and is false.
   *
   * @throws HashQueueFull under overload.
   */
  readonly matches: (password: string, hash: PasswordHash | undefined) => Promise<boolean>;
}

function derive(password: string, salt: Uint8Array, { n, r, parallelization }: ScryptCost): Promise<Buffer> {
  const options = { N: n, r, p: parallelization, maxmem: 256 * n * r };
  return new Promise((resolve, reject) => {
    // NFKC: the same password typed on another keyboard is the same bytes (NIST SP 800-63B, section 3.1.1.2).
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (cause, key) => (cause === null ? resolve(key) : reject(cause)));
  });
}

/** Hashes passwords one at a time, so that a wave of sign-ins costs time and not memory. */
export function createPasswordHasher(cost: ScryptCost = SCRYPT_COST): PasswordHasher {
  let waitingCount = 0;
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (waitingCount >= HASHES_WAITING_MAX) throw new HashQueueFull(`${waitingCount} passwords wait to be hashed`);
    waitingCount += 1;
    const turn = queue.then(work).finally(() => {
      waitingCount -= 1;
    });
    queue = turn.catch(() => undefined);
    return turn;
  };
  const hash = async (password: string): Promise<PasswordHash> => {
    const salt = randomBytes(SALT_BYTES);
    const key = await inTurn(() => derive(password, salt, cost));
    return { scheme: 'scrypt', ...cost, salt: salt.toString('base64url'), hash: key.toString('base64url') };
  };
  // Nobody's password: checked in place of people who are not there.
  const nobody: PasswordHash = { scheme: 'scrypt', ...cost, salt: randomBytes(SALT_BYTES).toString('base64url'), hash: '' };
  return {
    hash,
    matches: async (password, stored = nobody) => {
      const typed = password.slice(0, PASSWORD_CHARACTERS_MAX);
      const key = await inTurn(() => derive(typed, Buffer.from(stored.salt, 'base64url'), stored));
      const expected = Buffer.from(stored.hash, 'base64url');
      return expected.length === key.length && timingSafeEqual(expected, key) && typed.length === password.length;
    },
  };
}

export type PasswordFault = 'password-short' | 'password-long' | 'password-is-name' | 'password-simple';

/** Why a new password is not taken; undefined when it is. */
export function passwordFaultOf(password: string, names: readonly string[]): PasswordFault | undefined {
  const characters = [...password];
  if (characters.length < PASSWORD_CHARACTERS_MIN) return 'password-short';
  if (characters.length > PASSWORD_CHARACTERS_MAX) return 'password-long';
  const lower = password.toLowerCase();
  if (names.some((name) => name !== '' && lower.includes(name.toLowerCase()))) return 'password-is-name';
  if (new Set(characters).size < PASSWORD_CHARACTERS_MIN / 2) return 'password-simple';
  return undefined;
}

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
/**
 * For random passwords that are used once: nobody can guess them, and a first start has many.
 */
export const ONE_TIME_COST: ScryptCost = { n: 2 ** 11, r: 8, parallelization: 1 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** Too many passwords wait to be hashed. */
export class HashQueueFull extends Error {
  override readonly name = 'HashQueueFull';
}

export interface PasswordHasher {
  /** @throws HashQueueFull under overload. */
  readonly hash: (password: string) => Promise<PasswordHash>;
  /** For a random password that must be changed at the first sign-in. @throws HashQueueFull under overload. */
  readonly hashOneTime: (password: string) => Promise<PasswordHash>;
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
  const hashAt = async (password: string, at: ScryptCost): Promise<PasswordHash> => {
    const salt = randomBytes(SALT_BYTES);
    const key = await inTurn(() => derive(password, salt, at));
    return { scheme: 'scrypt', ...at, salt: salt.toString('base64url'), hash: key.toString('base64url') };
  };
  // Nobody's passwords: checked in place of people who are not there.
  const nobodyAt = (at: ScryptCost): PasswordHash => ({
    scheme: 'scrypt',
    ...at,
    salt: randomBytes(SALT_BYTES).toString('base64url'),
    hash: '',
  });
  const nobody = nobodyAt(cost);
  const nobodyOnce = nobodyAt(ONE_TIME_COST);
  const keyOf = (password: string, stored: PasswordHash): Promise<Buffer> =>
    derive(password, Buffer.from(stored.salt, 'base64url'), stored);
  return {
    hash: (password) => hashAt(password, cost),
    hashOneTime: (password) => hashAt(password, ONE_TIME_COST),
    matches: async (password, stored = nobody) => {
      const typed = password.slice(0, PASSWORD_CHARACTERS_MAX);
      const isOneTime = stored.n === ONE_TIME_COST.n && stored.parallelization === ONE_TIME_COST.parallelization;
      // Both costs each time: how long it takes tells nothing of who is there, or has signed in before.
      const [once, ever] = await inTurn(async () => [
        await keyOf(typed, isOneTime ? stored : nobodyOnce),
        await keyOf(typed, isOneTime ? nobody : stored),
      ]);
      const key = isOneTime ? once : ever;
      const expected = Buffer.from(stored.hash, 'base64url');
      return key !== undefined && expected.length === key.length && timingSafeEqual(expected, key) && typed.length === password.length;
    },
  };
}

export type PasswordFault = 'password-short' | 'password-long' | 'password-is-name' | 'password-simple';

/** Why a new password is not taken; undefined when it is. */
export function passwordFaultOf(password: string, names: readonly string[]): PasswordFault | undefined {
  const characters = Array.from(password);
  if (characters.length < PASSWORD_CHARACTERS_MIN) return 'password-short';
  if (characters.length > PASSWORD_CHARACTERS_MAX) return 'password-long';
  const lower = password.toLowerCase();
  if (names.some((name) => name !== '' && lower.includes(name.toLowerCase()))) return 'password-is-name';
  if (new Set(characters).size < PASSWORD_CHARACTERS_MIN / 2) return 'password-simple';
  return undefined;
}

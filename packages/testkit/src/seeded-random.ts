/** Repeatable randomness: the same seed gives the same values on every machine. Never for keys of a running system. */
export interface SeededRandom {
  /** What to set CIVITAS_SEED to in order to see this run again. */
  readonly seed: bigint;
  /** Uniform 64-bit value. */
  nextUint64(): bigint;
  /** Uniform integer in [0, bound); bound 1 … 2^53 - 1. */
  nextInt(bound: number): number;
  /** Uniform number in [0, 1). */
  nextFraction(): number;
  nextBoolean(): boolean;
  nextBytes(length: number): Uint8Array;
  /** One of a non-empty list. */
  pick<T>(items: readonly T[]): T;
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
}

const MASK = 0xffff_ffff_ffff_ffffn;

function mix(state: bigint): bigint {
  let z = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** splitmix64 (Steele, Lea, Flood 2014). @param seed any integer; its low 64 bits count. */
export function seededRandom(seed: bigint | number): SeededRandom {
  const start = BigInt(seed) & MASK;
  let state = start;
  const nextUint64 = (): bigint => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    return mix(state);
  };
  const nextInt = (bound: number): number => {
    if (!Number.isSafeInteger(bound) || bound < 1) throw new RangeError(`bound ${bound} is not an integer from 1`);
    return Number(nextUint64() % BigInt(bound));
  };
  const pick = <T>(items: readonly T[]): T => {
    const item = items[nextInt(items.length)];
    if (item === undefined) throw new RangeError('an undefined item was picked');
    return item;
  };
  const shuffle = <T>(items: readonly T[]): T[] => {
    const keyed = items.map((item) => ({ item, key: nextUint64() }));
    return keyed.sort((left, right) => (left.key < right.key ? -1 : 1)).map(({ item }) => item);
  };
  const nextBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => nextInt(256));
  const nextFraction = (): number => Number(nextUint64() >> 11n) / 2 ** 53;
  return { seed: start, nextUint64, nextInt, nextFraction, nextBoolean: () => nextInt(2) === 1, nextBytes, pick, shuffle };
}

/** What every gate plays, so that it judges the change before it and not its luck. */
const KEPT_SEED = 1n;

/** `CIVITAS_SEED`; without it a fresh one under `CIVITAS_FULL=1`, which explores, else the kept one. */
export function chosenSeed(): bigint {
  const given = process.env['CIVITAS_SEED'];
  if (given !== undefined) return BigInt(given);
  return process.env['CIVITAS_FULL'] === '1' ? BigInt(Math.floor(Math.random() * 2 ** 31)) : KEPT_SEED;
}

/** The chosen seed, printed, so that a failing run can be repeated. */
export function printedSeed(title: string): bigint {
  const seed = chosenSeed();
  process.stderr.write(`${title}: CIVITAS_SEED=${seed}\n`);
  return seed;
}

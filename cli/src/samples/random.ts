/** Seeded random for samples and cases: splitmix64, the same values on every machine. Not for keys. */
export interface Random {
  /** Integer 0 … bound − 1. */
  below(bound: number): number;
  /** Integer from … to, both included. */
  between(from: number, to: number): number;
  pick<T>(choices: readonly [T, ...(readonly T[])]): T;
  /** True once in `times` on average. */
  oneIn(times: number): boolean;
  /** Decimal digits. */
  digits(count: number): string;
  /** UUID-shaped, version 4. */
  uuid(): string;
}

const MASK = (1n << 64n) - 1n;

/** @param seed Any safe integer; equal seeds give equal values. */
export function seededRandom(seed: number): Random {
  let state = BigInt(seed) & MASK;
  const next = (): bigint => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    let mixed = state;
    mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return mixed ^ (mixed >> 31n);
  };
  const below = (bound: number): number => Number(next() % BigInt(bound));
  const digits = (count: number): string => Array.from({ length: count }, () => String(below(10))).join('');
  const hex = (count: number): string => Array.from({ length: count }, () => below(16).toString(16)).join('');
  return {
    below,
    between: (from, to) => from + below(to - from + 1),
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    oneIn: (times) => below(times) === 0,
    digits,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'.charAt(below(4))}${hex(3)}-${hex(12)}`,
  };
}

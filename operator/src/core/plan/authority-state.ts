/** Phases of a roll-over, in their order; without one the authority stands alone. */
export const ROLL_OVER_PHASES = ['Trusting', 'Reissuing', 'Dropping'] as const;
export type RollOverPhase = (typeof ROLL_OVER_PHASES)[number];

/** One generation of a network's certificate authority, as its Secret says. */
export interface ObservedGeneration {
  readonly generation: number;
  readonly uid: string;
  /** SHA-256 of its certificate as its Secret holds it, base64url: another authority may come to stand under the same number. */
  readonly certificateHash: string;
  /** On the newest one while the one before it still stands. */
  readonly phase: RollOverPhase | undefined;
  /** When that phase began. */
  readonly sinceUnixMs: number;
  /** How long both are trusted, before and after the new one issues. */
  readonly overlapMs: number;
  /** Operation that it was made for. */
  readonly operationUID: string | undefined;
}

/** Who issues and who is trusted now. */
export interface AuthorityState {
  readonly issuer: number;
  /** The issuer first. */
  readonly trusted: readonly number[];
  readonly phase: RollOverPhase | 'Alone';
}

/** When the present step of a roll-over may end, once every node has taken up its certificate; undefined while none is under way. */
export function authorityDueUnixMs(generations: readonly ObservedGeneration[]): number | undefined {
  const newest = generations.at(-1);
  if (newest === undefined || generations.length < 2) return undefined;
  return newest.phase === 'Dropping' ? newest.sinceUnixMs : newest.sinceUnixMs + newest.overlapMs;
}

export function trustedText({ trusted }: AuthorityState): string {
  return trusted.join(',');
}

/**
 * Who issues and who is trusted: read off the authorities' Secrets alone, so that it is the same after a crash, and after the network was
 * deleted and made again.
 */
export function authorityState(generations: readonly ObservedGeneration[]): AuthorityState {
  const newest = generations.at(-1);
  const former = generations.at(-2);
  const alone = newest?.generation ?? 1;
  if (newest === undefined || former === undefined) return { issuer: alone, trusted: [alone], phase: 'Alone' };
  switch (newest.phase) {
    case 'Reissuing':
      return { issuer: newest.generation, trusted: [newest.generation, former.generation], phase: 'Reissuing' };
    case 'Dropping':
      return { issuer: newest.generation, trusted: [newest.generation], phase: 'Dropping' };
    default:
      return { issuer: former.generation, trusted: [former.generation, newest.generation], phase: 'Trusting' };
  }
}

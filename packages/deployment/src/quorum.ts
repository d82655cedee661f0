/** Fewer validators than these survive no failure: 3f + 1 with f = 1. */
export const TOLERANT_VALIDATORS_MIN = 4;

/** What a set of validators needs to decide a block. */
export interface Quorum {
  readonly validatorCount: number;
  readonly totalPower: number;
  /** Least power that is more than two thirds of the total. */
  readonly neededPower: number;
  /** Validators that may fail, whichever they are, with the rest still deciding blocks. */
  readonly failuresMax: number;
}

/** @param powers of each validator, positive. */
export function quorumOf(powers: readonly number[]): Quorum {
  const totalPower = powers.reduce((sum, power) => sum + power, 0);
  const neededPower = Math.floor((totalPower * 2) / 3) + 1;
  let left = totalPower;
  let failuresMax = 0;
  for (const power of [...powers].sort((one, other) => other - one)) {
    left -= power;
    if (left < neededPower) break;
    failuresMax++;
  }
  return { validatorCount: powers.length, totalPower, neededPower, failuresMax };
}

/** Quorum before and after one validator comes or goes. */
export interface QuorumStep {
  readonly before: Quorum;
  readonly after: Quorum;
  /** Power that comes or goes. */
  readonly changedPower: number;
}

/** @param powers of the set now. @param change power that joins, or the power (held by one of the set) that leaves. */
export function quorumStep(powers: readonly number[], change: { readonly joins: number } | { readonly leaves: number }): QuorumStep {
  const before = quorumOf(powers);
  if ('joins' in change) return { before, after: quorumOf([...powers, change.joins]), changedPower: change.joins };
  const at = powers.indexOf(change.leaves);
  return { before, after: quorumOf(powers.filter((_, position) => position !== at)), changedPower: change.leaves };
}

/**
 * Why a step is not taken, or undefined.
 *
 * A light client follows a change by skipping only when a third of the power it trusts still signs, so a step stays below a third;
 * a network that grows from one validator to four cannot, and is followed header by header.
 */
export function refusalOfStep(step: QuorumStep, allowFewer: boolean): 'last-validator' | 'fewer-than-four' | 'power-step' | undefined {
  const { before, after, changedPower } = step;
  if (after.validatorCount < 1) return 'last-validator';
  const shrinks = after.validatorCount < before.validatorCount;
  if (shrinks && after.validatorCount < TOLERANT_VALIDATORS_MIN && !allowFewer) return 'fewer-than-four';
  if (before.validatorCount >= TOLERANT_VALIDATORS_MIN && changedPower * 3 >= before.totalPower) return 'power-step';
  return undefined;
}

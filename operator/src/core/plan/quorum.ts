/** Faults that n validators survive: f = ⌊(n − 1) / 3⌋. */
export function faultTolerance(validatorCount: number): number {
  return Math.max(0, Math.floor((validatorCount - 1) / 3));
}

/** Validators a commit needs with equal power: q = n − f. */
export function quorum(validatorCount: number): number {
  return validatorCount - faultTolerance(validatorCount);
}

/** Conditions as metav1.Condition has them: a list keyed by type. */

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  /** For machines: CamelCase, 1 … 1024 characters. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
  readonly observedGeneration?: number;
  /** RFC 3339; changes only when `status` does. */
  readonly lastTransitionTime: string;
}

/**
 * The list with one condition set. Its lastTransitionTime moves only when its status changes.
 *
 * @param now RFC 3339.
 * @returns The same array when nothing differs.
 */
export function setCondition(
  conditions: readonly Condition[],
  wanted: Omit<Condition, 'lastTransitionTime'>,
  now: string,
): readonly Condition[] {
  const current = findCondition(conditions, wanted.type);
  const lastTransitionTime = current?.status === wanted.status ? current.lastTransitionTime : now;
  if (
    current?.status === wanted.status &&
    current.reason === wanted.reason &&
    current.message === wanted.message &&
    current.observedGeneration === wanted.observedGeneration
  ) {
    return conditions;
  }
  const next = { ...wanted, lastTransitionTime };
  return current === undefined ? [...conditions, next] : conditions.map((condition) => (condition.type === wanted.type ? next : condition));
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** True only for status True: Unknown and a missing condition are not. */
export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

import { isPodReady } from './builtin/pod.ts';
import { type ApiObject, type JsonObject, valueAt } from './json.ts';
import { labelSelectorOf } from './selector.ts';

/** What a PodDisruptionBudget allows now. Without a scale to ask, the expected number is the pods that match. */
export function disruptionOf(budget: ApiObject, pods: readonly ApiObject[]): JsonObject {
  const test = labelSelectorOf(valueAt(budget, 'spec', 'selector'));
  const counted = pods.filter((pod) => pod.metadata.namespace === budget.metadata.namespace && test(pod.metadata.labels ?? {}));
  const expectedPods = counted.length;
  const currentHealthy = counted.filter((pod) => pod.metadata.deletionTimestamp === undefined && isPodReady(pod)).length;
  const most = valueAt(budget, 'spec', 'maxUnavailable');
  const least = valueAt(budget, 'spec', 'minAvailable');
  const desiredHealthy = Math.max(0, most === undefined ? countOf(least ?? 1, expectedPods) : expectedPods - countOf(most, expectedPods));
  const disruptionsAllowed = Math.max(0, Math.min(expectedPods, currentHealthy - desiredHealthy));
  return { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods };
}

/** An integer, or a percentage of `whole` rounded up. */
function countOf(value: unknown, whole: number): number {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' ? Number(value.replace('%', '')) : 0;
  return Math.ceil((percent * whole) / 100);
}

export function matchesBudget(budget: ApiObject, pod: ApiObject): boolean {
  return (
    pod.metadata.namespace === budget.metadata.namespace && labelSelectorOf(valueAt(budget, 'spec', 'selector'))(pod.metadata.labels ?? {})
  );
}

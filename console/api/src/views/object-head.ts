import type { Condition } from '@civitas/console-contract';
import type { OurObject } from '../kube/kinds.ts';

interface ObjectHead {
  readonly name: string;
  readonly resourceVersion: string;
  readonly createdAt: string;
  readonly deletedAt?: string;
  readonly generation: number;
  readonly observedGeneration?: number;
  readonly phase: string;
  readonly conditions: Condition[];
}

/** What every answer about a resource begins with. */
export function objectHeadOf({ metadata, status }: OurObject): ObjectHead {
  const { name, resourceVersion, creationTimestamp, deletionTimestamp, generation = 0 } = metadata;
  return {
    name,
    resourceVersion,
    createdAt: creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletedAt: deletionTimestamp }),
    generation,
    ...(status?.observedGeneration === undefined ? {} : { observedGeneration: status.observedGeneration }),
    phase: status?.phase ?? '',
    conditions: [...(status?.conditions ?? [])],
  };
}

/** The fields of an object that are there. */
export function present<T extends object, K extends keyof T>(of: T | undefined, ...keys: readonly K[]): Partial<Pick<T, K>> {
  const found: Partial<Pick<T, K>> = {};
  for (const key of keys) {
    const value = of?.[key];
    if (value !== undefined) found[key] = value;
  }
  return found;
}

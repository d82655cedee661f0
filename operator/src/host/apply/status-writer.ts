import { isDeepStrictEqual } from 'node:util';
import { type Applier, type Clock, type Condition, type KubeObject, type Resource, rfc3339Of, setCondition } from '@civitas/kube';
import type { Verdict } from '../../core/plan/network-status.ts';
import { MESSAGE_CHARS_MAX } from '../../core/resources/limits.ts';
import type { LiveWrites } from './live-writes.ts';

export interface StatusTarget<T extends KubeObject & { readonly status?: { readonly conditions?: readonly Condition[] } | undefined }> {
  readonly resource: Resource<T>;
  readonly object: T;
  readonly verdicts: readonly Verdict[];
  readonly phase: string;
  /** The other fields of the status. */
  readonly facts: object;
}

export interface StatusWriter {
  /**
   * Applies a status. What changes all the time (`live`) is written only with something else or after its own interval.
   *
   * @returns whether a request was sent.
   */
  write<T extends KubeObject & { readonly status?: { readonly conditions?: readonly Condition[] } | undefined }>(
    target: StatusTarget<T>,
    live?: { readonly fields: readonly string[]; readonly intervalMs: number },
  ): Promise<boolean>;
  forget(key: string): void;
}

/**
 * Remembers what it last wrote about each object.
 *
 * @param liveWrites The allowance that what changes all the time is written from; default none is needed.
 */
export function createStatusWriter(applier: Applier, clock: Clock, liveWrites?: LiveWrites): StatusWriter {
  const written = new Map<string, { readonly steady: string; readonly moving: string; readonly atUnixMs: number }>();
  return {
    async write(target, live) {
      const { object, resource, verdicts, phase, facts } = target;
      const now = clock.nowUnixMs();
      const conditions = conditionsOf(object.status?.conditions ?? [], verdicts, object.metadata.generation, rfc3339Of(now));
      const status = { observedGeneration: object.metadata.generation ?? 0, phase, conditions, ...facts };
      const steady = JSON.stringify({ ...status, ...Object.fromEntries((live?.fields ?? []).map((field) => [field, undefined])) });
      const moving = movingOf(status, live?.fields ?? []);
      const key = `${resource.plural}/${object.metadata.uid}`;
      // What an earlier process wrote and what still holds is not written again: a start costs no write.
      if (!written.has(key) && isSameStatus(object.status, status, live?.fields ?? []))
        written.set(key, { steady, moving: movingOf(object.status, live?.fields ?? []), atUnixMs: now });
      const last = written.get(key);
      const isNews = last === undefined || last.steady !== steady;
      const hasMoved = live !== undefined && last?.moving !== moving && now - (last?.atUnixMs ?? 0) >= live.intervalMs;
      const isDue = isNews || (hasMoved && (liveWrites?.take(key) ?? true));
      if (!isDue) return false;
      const { apiVersion, kind, metadata } = object;
      const desired = { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace }, status };
      const applied = await applier.applyStatus(resource, desired, object);
      written.set(key, { steady, moving, atUnixMs: now });
      return applied.written;
    },
    forget: (key) => void written.delete(key),
  };
}

/** What changes all the time, as text. */
function movingOf(status: object | undefined, fields: readonly string[]): string {
  const values = new Map<string, unknown>(Object.entries(status ?? {}));
  return JSON.stringify(fields.map((field) => values.get(field)));
}

/** The wanted conditions alone, in their order: one that is no longer said is dropped. */
function conditionsOf(
  current: readonly Condition[],
  verdicts: readonly Verdict[],
  generation: number | undefined,
  now: string,
): readonly Condition[] {
  let conditions: readonly Condition[] = current.filter(({ type }) => verdicts.some((verdict) => verdict.type === type));
  for (const verdict of verdicts) {
    const message = shortened(verdict.message, MESSAGE_CHARS_MAX);
    conditions = setCondition(conditions, { ...verdict, message, observedGeneration: generation ?? 0 }, now);
  }
  return conditions;
}

/** A message that lists much is cut: a status with a longer one would be refused whole. */
function shortened(message: string, charsMax: number): string {
  return message.length <= charsMax ? message : `${message.slice(0, charsMax - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Whether both say the same but for what changes all the time; a field that is undefined is not there. */
function isSameStatus(held: object | undefined, wanted: object, live: readonly string[]): boolean {
  const steadyOf = (status: object): unknown => Object.fromEntries(Object.entries(status).filter(([name]) => !live.includes(name)));
  return held !== undefined && isDeepStrictEqual(JSON.parse(JSON.stringify(steadyOf(held))), JSON.parse(JSON.stringify(steadyOf(wanted))));
}

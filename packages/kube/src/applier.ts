/** Server-side apply that writes nothing when nothing would change, so that reconciling twice costs no request. */

import { createHash } from 'node:crypto';
import type { KubeClient } from './kube-client.ts';
import { type KubeObject, keyOf, type ObjectBody, type Resource, resourceNameOf } from './resource.ts';

export interface Applier {
  /**
   * Makes the server hold `desired`. Skipped when this applier has applied the same before and `observed` still holds all of it.
   *
   * @param observed The object as the cache has it; undefined when it is not there.
   * @returns The object, and whether a request was sent.
   * @throws ApiError `Conflict` when another manager owns one of the fields and `force` is off.
   */
  apply<T extends KubeObject>(resource: Resource<T>, desired: ObjectBody, observed: T | undefined): Promise<Applied<T>>;
  applyStatus<T extends KubeObject>(resource: Resource<T>, desired: ObjectBody, observed: T | undefined): Promise<Applied<T>>;
  /** Forgets what was applied to an object that is gone. */
  forget(resource: Resource, key: string): void;
}

export interface Applied<T extends KubeObject> {
  readonly object: T;
  readonly written: boolean;
}

/** @param options `fieldManager` is one per controller; status uses `<fieldManager>-status`. */
export function createApplier(
  client: Pick<KubeClient, 'apply' | 'applyStatus'>,
  options: { readonly fieldManager: string; readonly force?: boolean },
): Applier {
  const { fieldManager, force = false } = options;
  const digestByTarget = new Map<string, string>();

  const applyUnlessSame = async <T extends KubeObject>(
    target: string,
    { desired, observed, send }: { desired: ObjectBody; observed: T | undefined; send: () => Promise<T> },
  ): Promise<Applied<T>> => {
    const digest = createHash('sha256').update(JSON.stringify(desired)).digest('base64');
    const known = observed === undefined ? undefined : digestByTarget.get(`${target}/${observed.metadata.uid}`);
    if (observed !== undefined && known === digest && holds(observed, desired)) return { object: observed, written: false };
    const object = await send();
    digestByTarget.set(`${target}/${object.metadata.uid}`, digest);
    return { object, written: true };
  };

  const targetOf = (resource: Resource, key: string): string => `${resourceNameOf(resource)}/${key}`;
  const bodyKey = (body: ObjectBody): string => keyOf({ namespace: body.metadata.namespace, name: body.metadata.name ?? '' });

  return {
    apply: (resource, desired, observed) =>
      applyUnlessSame(targetOf(resource, bodyKey(desired)), {
        desired,
        observed,
        send: () => client.apply(resource, desired, { fieldManager, force }),
      }),
    applyStatus: (resource, desired, observed) =>
      applyUnlessSame(`${targetOf(resource, bodyKey(desired))}/status`, {
        desired,
        observed,
        send: () => client.applyStatus(resource, desired, { fieldManager: `${fieldManager}-status`, force }),
      }),
    forget(resource, key) {
      const prefix = `${targetOf(resource, key)}/`;
      for (const target of digestByTarget.keys()) if (target.startsWith(prefix)) digestByTarget.delete(target);
    },
  };
}

/** True when everything `wanted` says stands in `actual`; lists may hold more and in another order, as merged lists do. */
export function holds(actual: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (Array.isArray(wanted)) {
    return Array.isArray(actual) && wanted.every((item: unknown) => actual.some((candidate: unknown) => holds(candidate, item)));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof actual !== 'object' || actual === null) return false;
    const fields = new Map<string, unknown>(Object.entries(actual));
    return Object.entries(wanted).every(([name, value]) => holds(fields.get(name), value));
  }
  return Object.is(actual, wanted);
}

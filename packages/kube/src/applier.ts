/** Server-side apply that writes nothing when nothing would change, so that reconciling twice costs no request. */

import { createHash } from 'node:crypto';
import { ApiError, isApiError } from './api-error.ts';
import type { KubeClient } from './kube-client.ts';
import { appliedDigestsMax } from './limits.ts';
import { type KubeObject, keyOf, type ObjectBody, type Resource, resourceNameOf } from './resource.ts';

export interface Applier {
  /**
   * Makes the server hold `desired`. Skipped when this applier has applied the same before and `observed` still holds all of it.
   *
   * @param observed The object as the cache has it; undefined when it is not there.
   * @returns The object, and whether a request was sent.
   * @throws FieldConflict when somebody else owns one of the fields at another value and `force` is off.
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

/** One field that is not ours to set. */
export interface HeldField {
  /** As managedFields calls it: `kubectl-edit`, `helm` … */
  readonly manager: string;
  /** Path of the field, such as `.spec.minAvailable`. */
  readonly field: string;
}

/** Somebody else set a field that we apply to another value: a person's decision, which is told and not overwritten. */
export class FieldConflict extends Error {
  override readonly name = 'FieldConflict';
  readonly kind: string;
  readonly key: string;
  readonly held: readonly HeldField[];

  constructor({ kind, metadata }: ObjectBody, held: readonly HeldField[], cause: ApiError) {
    const key = keyOf({ namespace: metadata.namespace, name: metadata.name ?? '' });
    super(`${kind} ${key}: ${held.map(({ manager, field }) => `${field} was set by ${manager}`).join(', ')}`, { cause });
    this.kind = kind;
    this.key = key;
    this.held = held;
  }
}

export interface ApplierOptions {
  /** One per controller; status uses `<fieldManager>-status`. */
  readonly fieldManager: string;
  /** Takes every field from whomever. Default false. */
  readonly force?: boolean;
  /** Managers that are we ourselves, under this or a former name: from them fields are taken over. Default: only this very manager. */
  readonly isOwnManager?: (manager: string) => boolean;
}

/** Spec and metadata yield to others as the options say; status is written by controllers alone and always taken. */
export function createApplier(client: Pick<KubeClient, 'apply' | 'applyStatus'>, options: ApplierOptions): Applier {
  const { fieldManager, force = false, isOwnManager = (manager) => manager === fieldManager } = options;
  const digestByTarget = new Map<string, string>();

  /** Forces only where every field in question is ours already: a person's field is never taken along. */
  const applyOrYield = async <T extends KubeObject>(resource: Resource<T>, desired: ObjectBody): Promise<T> => {
    try {
      return await client.apply(resource, desired, { fieldManager, force });
    } catch (error) {
      const held = heldFieldsOf(error);
      if (!(error instanceof ApiError) || held.length === 0) throw error;
      const foreign = held.filter(({ manager }) => !isOwnManager(manager));
      if (foreign.length > 0) throw new FieldConflict(desired, foreign, error);
      return client.apply(resource, desired, { fieldManager, force: true });
    }
  };

  const remember = (target: string, digest: string): void => {
    digestByTarget.delete(target);
    digestByTarget.set(target, digest);
    if (digestByTarget.size <= appliedDigestsMax) return;
    const [oldest] = digestByTarget.keys();
    if (oldest !== undefined) digestByTarget.delete(oldest);
  };

  const applyUnlessSame = async <T extends KubeObject>(
    target: string,
    { desired, observed, send }: { desired: ObjectBody; observed: T | undefined; send: () => Promise<T> },
  ): Promise<Applied<T>> => {
    const digest = createHash('sha256').update(JSON.stringify(desired)).digest('base64');
    const known = observed === undefined ? undefined : digestByTarget.get(`${target}/${observed.metadata.uid}`);
    if (observed !== undefined && known === digest && holds(observed, desired)) return { object: observed, written: false };
    const object = await send();
    remember(`${target}/${object.metadata.uid}`, digest);
    return { object, written: true };
  };

  const targetOf = (resource: Resource, key: string): string => `${resourceNameOf(resource)}/${key}`;
  const bodyKey = (body: ObjectBody): string => keyOf({ namespace: body.metadata.namespace, name: body.metadata.name ?? '' });

  return {
    apply: (resource, desired, observed) =>
      applyUnlessSame(targetOf(resource, bodyKey(desired)), {
        desired,
        observed,
        send: () => applyOrYield(resource, desired),
      }),
    applyStatus: (resource, desired, observed) =>
      applyUnlessSame(`${targetOf(resource, bodyKey(desired))}/status`, {
        desired,
        observed,
        send: () => client.applyStatus(resource, desired, { fieldManager: `${fieldManager}-status`, force: true }),
      }),
    forget(resource, key) {
      const prefix = `${targetOf(resource, key)}/`;
      for (const target of digestByTarget.keys()) if (target.startsWith(prefix)) digestByTarget.delete(target);
    },
  };
}

const HELD_BY = /^conflict with "([^"]*)"/;

/** Who holds which field, read off a server-side apply's refusal; empty for any other error, a version conflict too. */
export function heldFieldsOf(error: unknown): readonly HeldField[] {
  if (!isApiError(error, 'Conflict')) return [];
  return error.causes
    .filter(({ reason }) => reason === 'FieldManagerConflict')
    .map(({ message = '', field = '' }) => ({ manager: HELD_BY.exec(message)?.[1] ?? message, field }));
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

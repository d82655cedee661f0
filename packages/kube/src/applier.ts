/** Server-side apply that writes nothing when nothing would change, so that reconciling twice costs no request. */

import { createHash } from 'node:crypto';
import { isApiError } from './api-error.ts';
import type { KubeClient } from './kube-client.ts';
import { appliedDigestsMax } from './limits.ts';
import { type KubeObject, keyOf, type ObjectBody, type Resource, resourceNameOf } from './resource.ts';

export interface Applier {
  /**
   * Makes the server hold `desired`. Skipped when the same was applied before, by this applier or as `digestAnnotation` tells, and
   * `observed` still holds all of it, and when somebody holds a field of it and nothing has changed since.
   *
   * @param observed The object as the cache has it; undefined when it is not there.
   */
  apply<T extends KubeObject>(resource: Resource<T>, desired: ObjectBody, observed: T | undefined): Promise<Applied>;
  applyStatus<T extends KubeObject>(resource: Resource<T>, desired: ObjectBody, observed: T | undefined): Promise<Applied>;
  /** Objects whose last apply was left undone because somebody else holds fields of theirs. */
  heldObjects(): readonly HeldObject[];
  /** Forgets what was applied to an object that is gone. */
  forget(resource: Resource, key: string): void;
}

export interface Applied {
  /** Whether the server was made to change anything. */
  readonly written: boolean;
  /** Fields that others set to another value: then nothing of the object was written. */
  readonly held: readonly HeldField[];
}

/** One field that is not ours to set. */
export interface HeldField {
  /** As managedFields calls it: `kubectl-edit`, `helm` … */
  readonly manager: string;
  /** Path of the field, such as `.spec.minAvailable`. */
  readonly field: string;
}

/** An object with a person's decision in it, which is told and not overwritten. */
export interface HeldObject {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Labels that we apply to it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly held: readonly HeldField[];
}

export interface ApplierOptions {
  /** One per controller; status uses `<fieldManager>-status`. */
  readonly fieldManager: string;
  /** Managers that are we ourselves, under this or a former name: from them fields are taken over. Default: only this very manager. */
  readonly isOwnManager?: (manager: string) => boolean;
  /** Annotation that keeps on the object what was applied last, so that a process that has just started applies nothing again. Default none. */
  readonly digestAnnotation?: string;
}

/** Spec and metadata yield to others; status is written by controllers alone and always taken. */
export function createApplier(client: Pick<KubeClient, 'apply' | 'applyStatus'>, options: ApplierOptions): Applier {
  const { fieldManager, isOwnManager = (manager) => manager === fieldManager, digestAnnotation } = options;
  const digestByTarget = new Map<string, string>();
  const heldByTarget = new Map<string, { readonly object: HeldObject; readonly seen: string }>();

  /** Forces only where every field in question is ours already: a person's field is never taken along. */
  const applyOrYield = async <T extends KubeObject>(resource: Resource<T>, desired: ObjectBody): Promise<T | readonly HeldField[]> => {
    try {
      return await client.apply(resource, desired, { fieldManager });
    } catch (error) {
      const held = heldFieldsOf(error);
      if (held.length === 0) throw error;
      const foreign = held.filter(({ manager }) => !isOwnManager(manager));
      return foreign.length > 0 ? foreign : client.apply(resource, desired, { fieldManager, force: true });
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
    { desired, observed, send, annotation }: Application<T>,
  ): Promise<Applied> => {
    const digest = createHash('sha256').update(JSON.stringify(desired)).digest('base64');
    const told = annotation === undefined ? undefined : observed?.metadata.annotations?.[annotation];
    const known = observed === undefined ? undefined : (digestByTarget.get(`${target}/${observed.metadata.uid}`) ?? told);
    if (observed !== undefined && known === digest && holds(observed, desired)) {
      heldByTarget.delete(target);
      return { written: false, held: [] };
    }
    const seen = `${digest} ${observed?.metadata.uid} ${observed?.metadata.resourceVersion}`;
    const before = heldByTarget.get(target);
    if (observed !== undefined && before?.seen === seen) return { written: false, held: before.object.held };
    const answer = await send(annotation === undefined ? desired : withAnnotation(desired, annotation, digest));
    if ('metadata' in answer) {
      heldByTarget.delete(target);
      remember(`${target}/${answer.metadata.uid}`, digest);
      return { written: true, held: [] };
    }
    const { namespace, name = '', labels = {} } = desired.metadata;
    heldByTarget.set(target, { object: { kind: desired.kind, namespace, name, labels, held: answer }, seen });
    return { written: false, held: answer };
  };

  return {
    apply: (resource, desired, observed) =>
      applyUnlessSame(targetOf(resource, bodyKey(desired)), {
        ...{ desired, observed, annotation: digestAnnotation },
        send: (body) => applyOrYield(resource, body),
      }),
    applyStatus: (resource, desired, observed) =>
      applyUnlessSame(`${targetOf(resource, bodyKey(desired))}/status`, {
        ...{ desired, observed, annotation: undefined },
        send: (body) => client.applyStatus(resource, body, { fieldManager: `${fieldManager}-status`, force: true }),
      }),
    heldObjects: () => [...heldByTarget.values()].map(({ object }) => object),
    forget(resource, key) {
      const target = targetOf(resource, key);
      heldByTarget.delete(target);
      for (const known of digestByTarget.keys()) if (known.startsWith(`${target}/`)) digestByTarget.delete(known);
    },
  };
}

interface Application<T> {
  readonly desired: ObjectBody;
  readonly observed: T | undefined;
  readonly annotation: string | undefined;
  readonly send: (body: ObjectBody) => Promise<T | readonly HeldField[]>;
}

const targetOf = (resource: Resource, key: string): string => `${resourceNameOf(resource)}/${key}`;
const bodyKey = (body: ObjectBody): string => keyOf({ namespace: body.metadata.namespace, name: body.metadata.name ?? '' });

function withAnnotation(body: ObjectBody, name: string, value: string): ObjectBody {
  const { annotations } = body.metadata;
  return { ...body, metadata: { ...body.metadata, annotations: { ...annotations, [name]: value } } };
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

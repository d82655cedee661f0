/** Finalizers, changed under the version they were read at: two controllers cannot undo each other. */

import type { KubeClient } from './kube-client.ts';
import type { KubeObject, Resource } from './resource.ts';

export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Adds a finalizer; returns the object as it is when it is there. Throws ApiError `Conflict` when the object changed since it was read. */
export function addFinalizer<T extends KubeObject>(
  client: Pick<KubeClient, 'mergePatch'>,
  resource: Resource<T>,
  object: T,
  finalizer: string,
): Promise<T> {
  if (hasFinalizer(object, finalizer)) return Promise.resolve(object);
  return writeFinalizers(client, resource, object, [...(object.metadata.finalizers ?? []), finalizer]);
}

/** Removes a finalizer; with the last one gone a deleted object disappears. Throws as `addFinalizer`. */
export function removeFinalizer<T extends KubeObject>(
  client: Pick<KubeClient, 'mergePatch'>,
  resource: Resource<T>,
  object: T,
  finalizer: string,
): Promise<T> {
  if (!hasFinalizer(object, finalizer)) return Promise.resolve(object);
  const rest = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  return writeFinalizers(client, resource, object, rest);
}

function writeFinalizers<T extends KubeObject>(
  client: Pick<KubeClient, 'mergePatch'>,
  resource: Resource<T>,
  object: T,
  finalizers: readonly string[],
): Promise<T> {
  const { namespace, name, resourceVersion } = object.metadata;
  return client.mergePatch(resource, { namespace, name }, { metadata: { resourceVersion, finalizers } });
}

import { isApiError, type KubeObject, type Resource } from '@civitas/kube';
import { usage } from '../commands/usage.ts';
import type { KubectlContext } from './context.ts';
import { fullName } from './objects.ts';

/** Objects of a kind in the namespace asked for, or in all; none where the cluster does not know the kind. */
export async function listOf<T extends KubeObject>(context: KubectlContext, resource: Resource<T>): Promise<readonly T[]> {
  const cluster = await context.cluster();
  const { signal, namespace } = context;
  try {
    return (await cluster.listAll(resource, { signal, ...(resource.namespaced ? { namespace } : {}) })).items;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return [];
    throw error;
  }
}

/**
 * The object of this name, wherever it is.
 *
 * @throws Fault USAGE when there is none, or when several namespaces have one and none was asked for.
 */
export async function findOne<T extends KubeObject>(context: KubectlContext, resource: Resource<T>, name: string): Promise<T> {
  const all = await listOf(context, resource);
  const named = all.filter((object) => object.metadata.name === name || fullName(object) === name);
  const [one] = named;
  if (one !== undefined && named.length === 1) return one;
  const what = resource.plural.replace(/ies$/, 'y').replace(/s$/, '');
  if (one !== undefined) throw usage(`several are named '${name}': ${named.map(fullName).join(', ')}; say which with -n`);
  const there = all.length === 0 ? 'there is none at all' : `there are ${all.map(fullName).sort().join(', ')}`;
  throw usage(`there is no ${what} '${name}'${context.namespace === undefined ? '' : ` in ${context.namespace}`}; ${there}`);
}

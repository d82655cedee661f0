import type { Resource } from '@civitas/kube';
import type { KubectlContext } from './context.ts';
import type { CityObject } from './objects.ts';

/** A kind of ours as the cluster serves it. */
export interface ServedKind {
  readonly kind: string;
  /** What `kubectl get` calls it shortest. */
  readonly shortName: string;
  readonly resource: Resource<CityObject>;
}

interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly shortNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

/** Every kind of civitas.dev that the cluster has, also those that this plugin is too old to know. Throws ApiError. */
export async function discoverKinds(context: KubectlContext): Promise<readonly ServedKind[]> {
  const cluster = await context.cluster();
  const list: ResourceList = JSON.parse(await cluster.getText('/apis/civitas.dev/v1alpha1', { signal: context.signal }));
  return list.resources
    .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('list'))
    .map(({ name, kind, namespaced, shortNames = [] }) => ({
      kind,
      shortName: shortNames[0] ?? name,
      resource: { group: 'civitas.dev', version: 'v1alpha1', plural: name, namespaced },
    }));
}

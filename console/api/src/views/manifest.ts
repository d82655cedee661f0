import type { OurObject } from '../kube/kinds.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object as somebody would apply it: without status and without what only the API server writes. */
export function withoutServerFields(object: OurObject & { readonly spec: unknown }): object {
  const { apiVersion, kind, metadata, spec } = object;
  const { name, namespace, labels } = metadata;
  const annotations = Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => key !== LAST_APPLIED));
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec,
  };
}

import type { Agency } from '../resources/agency.ts';
import { API_VERSION } from '../resources/kind.ts';
import { agencyNamespace, clientConfigName, LABELS, MANAGED_BY } from './names.ts';
import { type Manifest, type OwnerReference, render } from './render.ts';

/** Both are cluster-scoped, so the namespace may belong to the Agency; nothing inside it refers out of it. */
function agencyOwner({ metadata }: Agency): OwnerReference {
  return { apiVersion: API_VERSION, kind: 'Agency', name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** The agency's own namespace, opened to the operator by its label. */
export function agencyNamespaceObject(agency: Agency): Manifest {
  const [manifest] = render([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: agencyNamespace(agency.metadata.name),
        labels: { ...MANAGED_BY, [LABELS.agency]: agency.metadata.name, [LABELS.workspace]: 'true' },
        ownerReferences: [agencyOwner(agency)],
      },
    },
  ]);
  if (manifest === undefined) throw new Error('rendering one object gave none');
  return manifest;
}

/** Its quota, when it has one. */
export function agencyObjects(agency: Agency): readonly Manifest[] {
  const { quotas } = agency.spec;
  if (quotas === undefined) return [];
  const hard = {
    ...(quotas.pods === undefined ? {} : { pods: String(quotas.pods) }),
    ...(quotas.configMaps === undefined ? {} : { configmaps: String(quotas.configMaps) }),
  };
  const metadata = {
    name: 'agency',
    namespace: agencyNamespace(agency.metadata.name),
    labels: { ...MANAGED_BY, [LABELS.agency]: agency.metadata.name },
  };
  return render([{ apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } }]);
}

/** ConfigMap with everything a client needs but its private keys: `<network>.crt` and `<network>.json`. */
export function clientObject(agency: Agency, client: string, data: Readonly<Record<string, string>>): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: clientConfigName(client),
      namespace: agencyNamespace(agency.metadata.name),
      labels: { ...MANAGED_BY, [LABELS.agency]: agency.metadata.name },
    },
    data,
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProfileRequest } from '@civitas/cli';
import { isApiError, type KubeClient, type ObjectBody, type Resource } from '@civitas/kube';
import { parseAllDocuments } from 'yaml';

/** A manifest as YAML has it; what the API server thinks of it, it says itself. */
export interface Manifest extends ObjectBody {
  readonly metadata: ObjectBody['metadata'] & { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** The kinds this program applies, and where they live. Everything else goes through kubectl. */
const RESOURCES: Readonly<Record<string, Resource>> = {
  Namespace: { group: '', version: 'v1', plural: 'namespaces', namespaced: false },
  ServiceAccount: { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true },
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps', namespaced: true },
  Pod: { group: '', version: 'v1', plural: 'pods', namespaced: true },
  PersistentVolumeClaim: { group: '', version: 'v1', plural: 'persistentvolumeclaims', namespaced: true },
  Service: { group: '', version: 'v1', plural: 'services', namespaced: true },
  Role: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'roles', namespaced: true },
  RoleBinding: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'rolebindings', namespaced: true },
  ClusterRole: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles', namespaced: false },
  ClusterRoleBinding: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterrolebindings', namespaced: false },
  CustomResourceDefinition: { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions', namespaced: false },
  CityConfig: { group: 'civitas.dev', version: 'v1alpha1', plural: 'cityconfigs', namespaced: false },
  Agency: { group: 'civitas.dev', version: 'v1alpha1', plural: 'agencies', namespaced: false },
  LedgerNetwork: { group: 'civitas.dev', version: 'v1alpha1', plural: 'ledgernetworks', namespaced: true },
  LedgerLink: { group: 'civitas.dev', version: 'v1alpha1', plural: 'ledgerlinks', namespaced: true },
};

/** Name under which `npm start` owns fields. */
const FIELD_MANAGER = 'civitas-start';
const UNPROCESSABLE = 422;
const POLL_MS = 50;

/** Resource of a kind of ours or of the few built-in ones above. */
export function resourceOf(kind: string): Resource {
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`no manifest of kind ${kind} is expected here; apply it with kubectl`);
  return resource;
}

/** Every document of a YAML file, in order. */
export function readManifests(root: string, path: string): readonly Manifest[] {
  return parseAllDocuments(readFileSync(join(root, path), 'utf8'))
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** Puts the public halves of the local credential profiles into the agencies that have one. */
export function withClients(manifests: readonly Manifest[], requests: readonly ProfileRequest[]): readonly Manifest[] {
  const byAgency = new Map(requests.map((request) => [request.agency, request]));
  return manifests.map((manifest) => {
    const request = manifest.kind === 'Agency' ? byAgency.get(manifest.metadata.name) : undefined;
    if (request === undefined) return manifest;
    const client = { name: request.client, operationPublicKey: request.operationPublicKey, csr: request.csr };
    return { ...manifest, spec: { ...manifest.spec, clients: [client] } };
  });
}

/** Applies manifests in order, server side. A pod of an earlier release whose spec has changed since is made anew: a pod's spec is fixed. */
export async function applyManifests(kube: KubeClient, manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests) {
    try {
      await applyOne(kube, manifest);
    } catch (error) {
      if (manifest.kind !== 'Pod' || !isApiError(error) || error.status !== UNPROCESSABLE) throw error;
      await removePod(kube, manifest);
      await applyOne(kube, manifest);
    }
  }
}

async function applyOne(kube: KubeClient, manifest: Manifest): Promise<void> {
  await kube.apply(resourceOf(manifest.kind), manifest, { fieldManager: FIELD_MANAGER, force: true });
}

async function removePod(kube: KubeClient, { kind, metadata }: Manifest): Promise<void> {
  const ref = { namespace: metadata.namespace, name: metadata.name };
  await kube.delete(resourceOf(kind), ref);
  while ((await kube.find(resourceOf(kind), ref)) !== undefined) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

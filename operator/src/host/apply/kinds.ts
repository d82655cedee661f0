import {
  configMaps,
  defineResource,
  type KubeObject,
  limitRanges,
  namespaces,
  networkPolicies,
  persistentVolumeClaims,
  podDisruptionBudgets,
  pods,
  type Resource,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
} from '@civitas/kube';
import type { Manifest } from '../../core/desired/render.ts';
import { ledgerNodes } from '../observe/custom-resources.ts';

/** A VolumeSnapshot as far as it is looked at. */
export interface SnapshotObject extends KubeObject {
  readonly status?: { readonly readyToUse?: boolean; readonly error?: { readonly message?: string } };
}

/** Kinds of others, where the cluster serves them. */
export const podMonitors: Resource = defineResource({
  group: 'monitoring.coreos.com',
  version: 'v1',
  plural: 'podmonitors',
  namespaced: true,
});
export const certificates: Resource = defineResource({ group: 'cert-manager.io', version: 'v1', plural: 'certificates', namespaced: true });
export const volumeSnapshots: Resource<SnapshotObject> = defineResource({
  ...{ group: 'snapshot.storage.k8s.io', version: 'v1', plural: 'volumesnapshots', namespaced: true },
});

const RESOURCES: Readonly<Record<string, Resource>> = {
  Certificate: certificates,
  ConfigMap: configMaps,
  LedgerNode: ledgerNodes,
  LimitRange: limitRanges,
  Namespace: namespaces,
  NetworkPolicy: networkPolicies,
  PersistentVolumeClaim: persistentVolumeClaims,
  Pod: pods,
  PodDisruptionBudget: podDisruptionBudgets,
  PodMonitor: podMonitors,
  ResourceQuota: resourceQuotas,
  Secret: secrets,
  ServiceAccount: serviceAccounts,
  Service: services,
};

/** Where objects of a manifest's kind are written. @throws for a kind nobody applies: a bug of ours. */
export function resourceOf(manifest: Manifest): Resource {
  const resource = RESOURCES[manifest.kind];
  if (resource === undefined) throw new Error(`no resource for kind ${manifest.kind}`);
  return resource;
}

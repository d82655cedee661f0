import {
  configMaps,
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

const RESOURCES: Readonly<Record<string, Resource>> = {
  ConfigMap: configMaps,
  LedgerNode: ledgerNodes,
  LimitRange: limitRanges,
  Namespace: namespaces,
  NetworkPolicy: networkPolicies,
  PersistentVolumeClaim: persistentVolumeClaims,
  Pod: pods,
  PodDisruptionBudget: podDisruptionBudgets,
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

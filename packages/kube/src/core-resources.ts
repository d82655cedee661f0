/** The built-in kinds our controllers use, typed as they stand on the wire. */

import type {
  CoreV1Event,
  V1ConfigMap,
  V1CustomResourceDefinition,
  V1Lease,
  V1LimitRange,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1ResourceQuota,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1Service,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { defineResource, type KubeObject } from './resource.ts';

/**
 * JSON form of a type of the official client: its dates are strings, and the underscore it puts before TypeScript's
 * reserved words (`_from`) is not there.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T as Key extends `_${infer Name}` ? Name : Key]: Wire<T[Key]> }
      : T;

/** A built-in object as read from the server: kind, version and metadata are always there. */
export type Stored<T> = Omit<Wire<T>, keyof KubeObject> & KubeObject;

export type Pod = Stored<V1Pod>;
export type ConfigMap = Stored<V1ConfigMap>;
export type Secret = Stored<V1Secret>;
export type Service = Stored<V1Service>;
export type ServiceAccount = Stored<V1ServiceAccount>;
export type PersistentVolumeClaim = Stored<V1PersistentVolumeClaim>;
export type Namespace = Stored<V1Namespace>;
export type Node = Stored<V1Node>;
export type KubeEvent = Stored<CoreV1Event>;
export type Lease = Stored<V1Lease>;
export type Role = Stored<V1Role>;
export type RoleBinding = Stored<V1RoleBinding>;
export type PodDisruptionBudget = Stored<V1PodDisruptionBudget>;
export type NetworkPolicy = Stored<V1NetworkPolicy>;
export type ResourceQuota = Stored<V1ResourceQuota>;
export type LimitRange = Stored<V1LimitRange>;
export type CustomResourceDefinition = Stored<V1CustomResourceDefinition>;

const core = { group: '', version: 'v1', namespaced: true };
const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true };

export const pods = defineResource<Pod>({ ...core, plural: 'pods' });
export const configMaps = defineResource<ConfigMap>({ ...core, plural: 'configmaps' });
export const secrets = defineResource<Secret>({ ...core, plural: 'secrets' });
export const services = defineResource<Service>({ ...core, plural: 'services' });
export const serviceAccounts = defineResource<ServiceAccount>({ ...core, plural: 'serviceaccounts' });
export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>({ ...core, plural: 'persistentvolumeclaims' });
export const namespaces = defineResource<Namespace>({ ...core, plural: 'namespaces', namespaced: false });
export const nodes = defineResource<Node>({ ...core, plural: 'nodes', namespaced: false });
export const events = defineResource<KubeEvent>({ ...core, plural: 'events' });
export const resourceQuotas = defineResource<ResourceQuota>({ ...core, plural: 'resourcequotas' });
export const limitRanges = defineResource<LimitRange>({ ...core, plural: 'limitranges' });
export const leases = defineResource<Lease>({ group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespaced: true });
export const roles = defineResource<Role>({ ...rbac, plural: 'roles' });
export const roleBindings = defineResource<RoleBinding>({ ...rbac, plural: 'rolebindings' });
export const podDisruptionBudgets = defineResource<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  namespaced: true,
});
export const networkPolicies = defineResource<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
  namespaced: true,
});
export const customResourceDefinitions = defineResource<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  namespaced: false,
});

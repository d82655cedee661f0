import type { ResourceType } from '../resource.ts';
import {
  claimResource,
  endpointSliceResource,
  endpointsResource,
  eventResource,
  leaseResource,
  limitRangeResource,
  namespaceResource,
  nodeResource,
  resourceQuotaResource,
} from './cluster.ts';
import { configMapResource, secretResource, serviceAccountResource } from './configuration.ts';
import { definitionResource } from './custom-resource-definition.ts';
import { podResource } from './pod.ts';
import { budgetResource, networkPolicyResource, priorityClassResource, storageClassResource } from './policy.ts';
import { rbacResources } from './rbac.ts';
import { serviceResource } from './service.ts';

/** Every kind the server knows without a definition. */
export const builtinResources: readonly ResourceType[] = [
  configMapResource,
  endpointsResource,
  eventResource,
  limitRangeResource,
  namespaceResource,
  nodeResource,
  claimResource,
  podResource,
  resourceQuotaResource,
  secretResource,
  serviceAccountResource,
  serviceResource,
  definitionResource,
  leaseResource,
  endpointSliceResource,
  networkPolicyResource,
  budgetResource,
  priorityClassResource,
  storageClassResource,
  ...rbacResources,
];

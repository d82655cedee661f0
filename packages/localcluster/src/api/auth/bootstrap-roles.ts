import type { Json, JsonObject } from '../json.ts';

const reads: Json = ['get', 'list', 'watch'];
const writes: Json = ['create', 'delete', 'deletecollection', 'patch', 'update'];

function clusterRole(name: string, rules: Json[]): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
    rules,
  };
}

function clusterRoleBinding(name: string, group: string): JsonObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
  };
}

const namespacedKinds: Json = [
  'configmaps',
  'endpoints',
  'events',
  'persistentvolumeclaims',
  'pods',
  'pods/log',
  'pods/status',
  'serviceaccounts',
  'services',
  'resourcequotas',
  'limitranges',
  'namespaces',
];
const viewRules: Json[] = [
  { apiGroups: [''], resources: namespacedKinds, verbs: reads },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: reads },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: reads },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: reads },
];
const editRules: Json[] = [
  ...viewRules,
  {
    apiGroups: [''],
    resources: ['configmaps', 'events', 'persistentvolumeclaims', 'pods', 'pods/eviction', 'secrets', 'serviceaccounts', 'services'],
    verbs: writes,
  },
  { apiGroups: [''], resources: ['secrets'], verbs: reads },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: writes },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: writes },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'list', 'watch', 'create', 'delete', 'patch', 'update'] },
];

/** The roles and bindings every cluster starts with; made when missing, never changed back. */
export const bootstrapRoles: readonly JsonObject[] = [
  clusterRole('cluster-admin', [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]),
  clusterRole('system:discovery', [
    {
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ],
      verbs: ['get'],
    },
  ]),
  clusterRole('system:basic-user', [
    { apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], verbs: ['create'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]),
  clusterRole('view', viewRules),
  clusterRole('edit', editRules),
  clusterRole('admin', [
    ...editRules,
    {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles', 'rolebindings'],
      verbs: ['get', 'list', 'watch', 'create', 'delete', 'deletecollection', 'patch', 'update'],
    },
  ]),
  clusterRoleBinding('cluster-admin', 'system:masters'),
  clusterRoleBinding('system:discovery', 'system:authenticated'),
  clusterRoleBinding('system:basic-user', 'system:authenticated'),
];

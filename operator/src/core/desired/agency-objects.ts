import { PORTS } from '@civitas/deployment';
import type { Agency } from '../resources/agency.ts';
import { API_VERSION } from '../resources/kind.ts';
import { agencyNamespace, clientConfigName, LABELS, MANAGED_BY, SYSTEM_NAMESPACE } from './names.ts';
import { type Manifest, type OwnerReference, render } from './render.ts';

/** Both are cluster-scoped, so the namespace may belong to the Agency; nothing inside it refers out of it. */
function agencyOwner({ metadata }: Agency): OwnerReference {
  return { apiVersion: API_VERSION, kind: 'Agency', name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** What the API server admits there: pods without root, host or privileges. */
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' } as const;

/** The agency's own namespace, opened to the operator by its label. */
export function agencyNamespaceObject(agency: Agency): Manifest {
  const [manifest] = render([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: agencyNamespace(agency.metadata.name),
        labels: { ...MANAGED_BY, [LABELS.agency]: agency.metadata.name, [LABELS.workspace]: 'true', ...RESTRICTED },
        ownerReferences: [agencyOwner(agency)],
      },
    },
  ]);
  if (manifest === undefined) throw new Error('rendering one object gave none');
  return manifest;
}

/** ClusterRole that people of an agency get in its own namespace, and nowhere else. */
export const AGENCY_ROLE = 'civitas-agency';
/** Group that a cluster's own sign-in puts people of an agency into. */
export const agencyGroup = (agency: string): string => `civitas:agency:${agency}`;

/** ClusterRole by which the console acts as the accounts below, in the namespaces where it is bound. */
const CONSOLE_ROLE = 'civitas-console-tenants';
/** Accounts that people of the agency act as at the API server, by their role in it; no pod runs as them. */
const TENANTS = ['tenant-owner', 'tenant-operator', 'tenant-auditor', 'tenant-developer'] as const;

/** What bounds its namespace: a quota where it has one, sizes of containers, traffic, and who may look. */
export function agencyObjects(agency: Agency): readonly Manifest[] {
  const { quotas } = agency.spec;
  const accounts = TENANTS.map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { ...metadataOf(agency), name },
    automountServiceAccountToken: false,
  }));
  return render([...(quotas === undefined ? [] : [quotaOf(agency, quotas)]), limitsOf(agency), policyOf(agency), ...accounts]);
}

function metadataOf(agency: Agency): Manifest['metadata'] {
  const labels = { ...MANAGED_BY, [LABELS.agency]: agency.metadata.name };
  return { name: 'agency', namespace: agencyNamespace(agency.metadata.name), labels };
}

/** Containers that name no size get a small one, so that a quota can count them. */
function limitsOf(agency: Agency): Manifest {
  const limits = [
    {
      type: 'Container',
      defaultRequest: { cpu: '50m', memory: '64Mi' },
      default: { cpu: '1', memory: '512Mi' },
      max: { cpu: '4', memory: '8Gi' },
    },
  ];
  return { apiVersion: 'v1', kind: 'LimitRange', metadata: metadataOf(agency), spec: { limits } };
}

/** Nothing gets in; out go names, and calls to the gateways of ledgers. */
function policyOf(agency: Agency): Manifest {
  const dns = { ports: [53].flatMap((port) => ['UDP', 'TCP'].map((protocol) => ({ protocol, port }))) };
  const ledgers = {
    to: [
      {
        namespaceSelector: { matchLabels: { [LABELS.workspace]: 'true' } },
        podSelector: { matchExpressions: [{ key: LABELS.network, operator: 'Exists' }] },
      },
    ],
    ports: [{ protocol: 'TCP', port: PORTS.grpc }],
  };
  const spec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'], egress: [dns, ledgers] };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: metadataOf(agency), spec };
}

/** Who may look into its namespace: a cluster's own group, and whoever the console lets act as a tenant; and that the console may. */
export function agencyBindings(agency: Agency): readonly Manifest[] {
  const { namespace } = metadataOf(agency);
  const group = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: agencyGroup(agency.metadata.name) };
  const tenants = TENANTS.map((name) => ({ kind: 'ServiceAccount', name, namespace }));
  const console = { kind: 'ServiceAccount', name: 'civitas-console', namespace: SYSTEM_NAMESPACE };
  return [
    bindingOf(agency, 'agency', { role: AGENCY_ROLE, subjects: [group] }),
    bindingOf(agency, 'tenants', { role: AGENCY_ROLE, subjects: tenants }),
    bindingOf(agency, 'console', { role: CONSOLE_ROLE, subjects: [console] }),
  ];
}

function bindingOf(
  agency: Agency,
  name: string,
  { role, subjects }: { readonly role: string; readonly subjects: readonly object[] },
): Manifest {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { ...metadataOf(agency), name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects,
  };
}

function quotaOf(agency: Agency, quotas: NonNullable<Agency['spec']['quotas']>): Manifest {
  const hard = {
    ...(quotas.pods === undefined ? {} : { pods: String(quotas.pods) }),
    ...(quotas.configMaps === undefined ? {} : { configmaps: String(quotas.configMaps) }),
  };
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: metadataOf(agency), spec: { hard } };
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

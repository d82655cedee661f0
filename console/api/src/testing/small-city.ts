import type { ObjectBody } from '@civitas/kube';
import { agencyBindings, agencyObjects } from '../../../../operator/src/core/desired/agency-objects.ts';
import type { Agency } from '../../../../operator/src/core/resources/agency.ts';

const API = 'civitas.dev/v1alpha1';
const NAMESPACE = 'jincheng';

/** An agency with roles on networks. */
export function anAgency(name: string, networks: readonly string[], roles: readonly string[] = []): ObjectBody {
  const spec = {
    displayName: { zh: `机构 ${name}`, en: `Agency ${name}` },
    founder: true,
    memberships: networks.map((network) => ({ network, roles })),
  };
  return { apiVersion: API, kind: 'Agency', metadata: { name }, spec };
}

/** What the operator makes for an agency at the API server. */
export function spaceOf(agency: ObjectBody): readonly ObjectBody[] {
  const { name = '' } = agency.metadata;
  const made = { ...agency, metadata: { name, uid: 'u', resourceVersion: '1', creationTimestamp: '' } } as object as Agency;
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `agency-${name}`, labels: { 'civitas.dev/workspace': 'true' } },
  };
  const objects = [...agencyObjects(made), ...agencyBindings(made)].filter(
    ({ kind }) => kind === 'ServiceAccount' || kind === 'RoleBinding',
  );
  return [namespace, ...objects];
}

export const aNetwork = (name: string, domain: string): ObjectBody => ({
  apiVersion: API,
  kind: 'LedgerNetwork',
  metadata: { name, namespace: NAMESPACE },
  spec: { domain, chainId: `jincheng-${name}-1`, engine: 'embedded' },
});

const hospital = anAgency('hospital-1', ['health', 'city']);
const bank = anAgency('bank-1', ['housing']);

/** Two agencies that share nothing, three networks and two links. */
export const smallCity: readonly ObjectBody[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
  {
    apiVersion: API,
    kind: 'CityConfig',
    metadata: { name: 'jincheng' },
    spec: {
      city: 'jincheng',
      displayName: { zh: '锦城', en: 'Jincheng' },
      namespace: NAMESPACE,
      engine: 'embedded',
      validatorsPerNetwork: 1,
      approvalThreshold: 1,
      release: { version: '0.1.0' },
    },
  },
  hospital,
  bank,
  ...spaceOf(hospital),
  ...spaceOf(bank),
  aNetwork('city', 'city'),
  aNetwork('health', 'health'),
  aNetwork('housing', 'housing'),
  ...[
    ['city', 'health'],
    ['health', 'housing'],
  ].map(([from, to]) => ({
    apiVersion: API,
    kind: 'LedgerLink',
    metadata: { name: `${from}-${to}`, namespace: NAMESPACE },
    spec: { from, to },
  })),
];

import { type Condition, customResourceDefinitions, type KubeClient, type ObjectBody } from '@civitas/kube';
import { LateError } from '@civitas/testkit';
import { aNetworkBody, findNetwork, holdsWithin, NAMESPACE, networks } from './city-fixture.ts';

const KINDS = [
  { group: 'monitoring.coreos.com', kind: 'PodMonitor', plural: 'podmonitors' },
  { group: 'cert-manager.io', kind: 'Certificate', plural: 'certificates' },
  { group: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', plural: 'volumesnapshots' },
] as const;

/** A group of Kubernetes' own is defined only with the word of its review. */
const APPROVED = { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-csi/external-snapshotter/pull/665' };
const WAIT_MS = 60_000;

/** Definition of a kind of others, as loose as can be: what its own project checks is not ours to test. */
export function looseDefinition(kind: (typeof KINDS)[number]['kind']): ObjectBody {
  const found = KINDS.find((one) => one.kind === kind) ?? KINDS[0];
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${found.plural}.${found.group}`, annotations: APPROVED },
    ...{
      spec: {
        group: found.group,
        names: { kind: found.kind, listKind: `${found.kind}List`, plural: found.plural, singular: found.kind.toLowerCase() },
        scope: 'Namespaced',
        versions: [
          {
            ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
            schema: { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } },
          },
        ],
      },
    },
  };
}

/** A cluster with cert-manager's, the Prometheus operator's and the snapshot controller's kinds, and none of them at work. */
export async function installOptionalKinds(client: KubeClient): Promise<void> {
  for (const { kind } of KINDS) await client.create(customResourceDefinitions, looseDefinition(kind));
}

/** A cluster without them again, for whoever comes next. */
export async function removeOptionalKinds(client: KubeClient): Promise<void> {
  for (const { plural, group } of KINDS) await client.delete(customResourceDefinitions, { name: `${plural}.${group}` });
}

export async function conditionOf(client: KubeClient, network: string, type: string): Promise<Condition | undefined> {
  return (await findNetwork(client, network))?.status?.conditions?.find((condition) => condition.type === type);
}

/** The city is watched and then no longer, its pod is snapshotted before another release, and a network asks an issuer in vain and goes. */
export async function useServices(client: KubeClient, isSnapshotted: () => boolean): Promise<void> {
  const city = { namespace: NAMESPACE, name: 'city' };
  const until = async (holds: () => Promise<boolean> | boolean, otherwise: string): Promise<void> => {
    if (!(await holdsWithin(holds, WAIT_MS))) throw new LateError(otherwise);
  };
  await client.mergePatch(networks, city, { spec: { observability: { podMonitor: {} } } });
  await until(async () => (await conditionOf(client, 'city', 'Monitored'))?.status === 'True', 'the city is not watched');
  const release = { updateStrategy: { snapshots: {} }, release: { version: '0.1.1' } };
  await client.mergePatch(networks, city, { spec: { observability: null, ...release } });
  await until(isSnapshotted, 'the volume of the city is not snapshotted');
  await client.mergePatch(networks, city, { spec: { updateStrategy: null, release: null } });
  const spec = { domain: 'courts', chainId: 'jincheng-issued-1', tls: { issuerRef: { name: 'none' } } };
  const deletionPolicy = { data: 'Delete', keys: 'Delete' };
  await client.create(networks, aNetworkBody('issued', { ...spec, deletionPolicy }));
  await until(async () => (await conditionOf(client, 'issued', 'Available'))?.reason === 'AuthorityRequested', 'nobody is asked');
  await client.delete(networks, { namespace: NAMESPACE, name: 'issued' });
  await until(async () => (await findNetwork(client, 'issued')) === undefined, 'the network that was never born does not go');
}

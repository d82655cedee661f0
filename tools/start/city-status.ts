import { defineResource, type KubeClient, type KubeObject } from '@civitas/kube';

/** The parts of our kinds' status that this program shows; the schemas stand in operator/src/core/resources. */
interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface NetworkObject extends KubeObject {
  readonly spec: { readonly chainId: string; readonly domain: string; readonly engine?: string };
  readonly status?: {
    readonly phase?: string;
    readonly engine?: string;
    readonly genesisHash?: string;
    readonly height?: number;
    readonly root?: string;
    readonly validators?: { readonly inSet: number; readonly ready: number };
    readonly endpoints?: { readonly grpc?: string; readonly metrics?: string };
    readonly conditions?: readonly Condition[];
  };
}

export interface LinkObject extends KubeObject {
  readonly spec: { readonly from: string; readonly to: string; readonly paused?: boolean };
  readonly status?: {
    readonly phase?: string;
    readonly lastSequence?: number;
    readonly inFlight?: number;
    readonly oldestPendingAgeMs?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface AgencyObject extends KubeObject {
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

export const networks = defineResource<NetworkObject>({
  group: 'civitas.dev',
  version: 'v1alpha1',
  plural: 'ledgernetworks',
  namespaced: true,
});
export const links = defineResource<LinkObject>({ group: 'civitas.dev', version: 'v1alpha1', plural: 'ledgerlinks', namespaced: true });
export const agencies = defineResource<AgencyObject>({ group: 'civitas.dev', version: 'v1alpha1', plural: 'agencies', namespaced: false });

export interface CityStatus {
  readonly networks: readonly NetworkObject[];
  readonly links: readonly LinkObject[];
  readonly agencies: readonly AgencyObject[];
}

/** One reading of the whole city. */
export async function fetchCityStatus(kube: KubeClient): Promise<CityStatus> {
  const [networkList, linkList, agencyList] = await Promise.all([kube.listAll(networks), kube.listAll(links), kube.listAll(agencies)]);
  return { networks: networkList.items, links: linkList.items, agencies: agencyList.items };
}

/** Whether a condition of this type is True. */
export function holds(object: { status?: { conditions?: readonly Condition[] } }, type: string): boolean {
  return object.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
}

/** Why an object is not yet what it should be: the first condition that is not True, in words. */
export function reasonOf(object: { status?: { conditions?: readonly Condition[] } }, type: string): string {
  const condition = object.status?.conditions?.find((candidate) => candidate.type === type);
  return condition === undefined ? 'not looked at yet' : `${condition.reason}: ${condition.message}`;
}

/** What a start waits for, by name: the sample's own objects. What a person has added or broken since is shown and not waited for. */
export interface Expected {
  readonly networks: ReadonlySet<string>;
  readonly links: ReadonlySet<string>;
  /** Only a first start waits for agencies: a later one may stand beside an application that nobody has approved yet. */
  readonly agencies: ReadonlySet<string>;
}

/** What is still missing before the city counts as up: one line each, empty when nothing is. */
export function missingOf(status: CityStatus, expected: Expected): readonly string[] {
  const links = status.links.filter((item) => expected.links.has(item.metadata.name) && item.spec.paused !== true);
  return [
    ...status.networks
      .filter((item) => expected.networks.has(item.metadata.name) && !holds(item, 'Available'))
      .map((item) => `network ${item.metadata.name}: ${reasonOf(item, 'Available')}`),
    ...status.agencies
      .filter((item) => expected.agencies.has(item.metadata.name) && !holds(item, 'Enrolled'))
      .map((item) => `agency ${item.metadata.name}: ${reasonOf(item, 'Enrolled')}`),
    ...links.filter((item) => !holds(item, 'Flowing')).map((item) => `link ${item.metadata.name}: ${reasonOf(item, 'Flowing')}`),
  ];
}

import type { CityCaches } from './city-caches.ts';
import type { Agency, CityConfig, LedgerNetwork } from './kinds.ts';

/** One agency's part in a network. */
export interface Part {
  readonly agency: string;
  readonly roles: readonly string[];
  readonly state: string;
  readonly founder: boolean;
  readonly approvalPolicy: 'manual' | 'auto';
  /** Persons whose keys it names. */
  readonly approvers: number;
}

/** What several kinds say together: the city's namespace, and which agencies take part in what. */
export interface CityView {
  /** The installation's settings: the oldest CityConfig. */
  city(): CityConfig | undefined;
  /** Namespace of the city's networks; undefined before there is a CityConfig. */
  namespace(): string | undefined;
  /** The network of that name in the city's namespace. */
  findNetwork(name: string): LedgerNetwork | undefined;
  /** Agencies that ask to take part, by Agency or AgencyMembership. */
  partsOf(network: { readonly namespace?: string; readonly name: string }): readonly Part[];
  findAgency(name: string): Agency | undefined;
}

export function viewCity(caches: CityCaches): CityView {
  let parts: ReadonlyMap<string, readonly Part[]> | undefined;
  const forget = (): void => {
    parts = undefined;
  };
  caches.agencies.subscribe(forget);
  caches.memberships.subscribe(forget);
  caches.cities.subscribe(forget);
  const city = (): CityConfig | undefined =>
    [...caches.cities.store.list()].sort((left, right) => (left.metadata.creationTimestamp < right.metadata.creationTimestamp ? -1 : 1))[0];
  const namespace = (): string | undefined => city()?.spec.namespace;
  return {
    city,
    namespace,
    findNetwork: (name) => caches.networks.store.get(`${namespace() ?? ''}/${name}`),
    partsOf: ({ namespace: of = '', name }) => {
      parts ??= partsByNetwork(caches, namespace() ?? '');
      return parts.get(`${of}/${name}`) ?? [];
    },
    findAgency: (name) => caches.agencies.store.get(name),
  };
}

function approvalOf(spec: Agency['spec'] | undefined): Pick<Part, 'founder' | 'approvalPolicy' | 'approvers'> {
  return {
    founder: spec?.founder === true,
    approvalPolicy: spec?.approvalPolicy ?? 'manual',
    approvers: spec?.approvers?.length ?? 0,
  };
}

function partsByNetwork(caches: CityCaches, cityNamespace: string): ReadonlyMap<string, readonly Part[]> {
  const parts = new Map<string, Part[]>();
  const add = (key: string, part: Part): void => {
    const known = parts.get(key) ?? [];
    if (!known.some(({ agency }) => agency === part.agency)) parts.set(key, [...known, part]);
  };
  for (const { metadata, spec, status } of caches.agencies.store.list()) {
    for (const { network, namespace, roles } of spec.memberships) {
      const state = status?.memberships?.find((entry) => entry.network === network)?.state ?? 'Pending';
      add(`${namespace ?? cityNamespace}/${network}`, { agency: metadata.name, roles, state, ...approvalOf(spec) });
    }
  }
  for (const { metadata, spec, status } of caches.memberships.store.list()) {
    const [agency, roles, state] = [spec.agencyRef, spec.roles ?? [], status?.phase ?? 'Pending'];
    const found = caches.agencies.store.get(agency);
    add(`${metadata.namespace}/${spec.networkRef}`, { agency, roles, state, ...approvalOf(found?.spec) });
  }
  return parts;
}

import {
  type Clock,
  createReflector,
  type KubeClient,
  type KubeObject,
  type Log,
  type MetricsSink,
  type Reflector,
  type Resource,
} from '@civitas/kube';
import {
  type Agency,
  type AgencyMembership,
  agencies,
  agencyMemberships,
  type CityConfig,
  cityConfigs,
  type LedgerLink,
  type LedgerNetwork,
  type LedgerNode,
  ledgerLinks,
  ledgerNetworks,
  ledgerNodes,
  ledgerOperations,
  type OfNetwork,
  validatorChanges,
} from './kinds.ts';

/** Our kinds as the API server has them, followed once for everybody who looks. */
export interface CityCaches {
  readonly networks: Reflector<LedgerNetwork>;
  readonly nodes: Reflector<LedgerNode>;
  readonly links: Reflector<LedgerLink>;
  readonly agencies: Reflector<Agency>;
  readonly memberships: Reflector<AgencyMembership>;
  readonly validatorChanges: Reflector<OfNetwork>;
  readonly operations: Reflector<OfNetwork>;
  readonly cities: Reflector<CityConfig>;
}

export interface CachesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: MetricsSink;
}

/** Starts to follow; `waitForSync` of each says when it holds something. */
export function followCity(options: CachesOptions): CityCaches {
  const follow = <T extends KubeObject>(resource: Resource<T>): Reflector<T> => {
    const reflector = createReflector({ ...options, resource });
    reflector.start();
    return reflector;
  };
  return {
    networks: follow(ledgerNetworks),
    nodes: follow(ledgerNodes),
    links: follow(ledgerLinks),
    agencies: follow(agencies),
    memberships: follow(agencyMemberships),
    validatorChanges: follow(validatorChanges),
    operations: follow(ledgerOperations),
    cities: follow(cityConfigs),
  };
}

const allOf = (caches: CityCaches): readonly Reflector<KubeObject>[] => Object.values(caches);

export function hasSynced(caches: CityCaches): boolean {
  return allOf(caches).every((reflector) => reflector.hasSynced());
}

export async function waitForSync(caches: CityCaches, signal: AbortSignal): Promise<void> {
  await Promise.all(allOf(caches).map((reflector) => reflector.waitForSync(signal)));
}

export async function stopFollowing(caches: CityCaches): Promise<void> {
  await Promise.all(allOf(caches).map((reflector) => reflector.stop()));
}

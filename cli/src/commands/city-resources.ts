import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeClient, KubeObject, Resource } from '@civitas/kube';
import { READY_FILE } from '../profile/home.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
  readonly reason?: string;
  readonly message?: string;
}

interface StatusHead {
  readonly phase?: string;
  readonly conditions?: readonly Condition[];
}

export interface NetworkObject extends KubeObject {
  readonly spec: { readonly chainId: string; readonly domain: string };
  readonly status?: StatusHead & {
    readonly engine?: string;
    readonly height?: number;
    readonly root?: string;
    readonly validators?: { readonly summary?: string; readonly inSet?: number };
    readonly endpoints?: { readonly grpc?: string; readonly metrics?: string };
  };
}

export interface NodeObject extends KubeObject {
  readonly spec: { readonly networkRef: string; readonly role: string };
  readonly status?: StatusHead & {
    readonly height?: number;
    readonly lagBlocks?: number;
    readonly signing?: boolean;
    /** Which part is unwell and why; empty or absent when none is. */
    readonly unwell?: string;
  };
}

export interface LinkObject extends KubeObject {
  readonly spec: { readonly from: string; readonly to: string };
  readonly status?: StatusHead & { readonly lastSequence?: number; readonly inFlight?: number; readonly oldestPendingAge?: string };
}

export interface AgencyObject extends KubeObject {
  readonly spec: { readonly memberships?: readonly { readonly network: string; readonly roles: readonly string[] }[] };
  readonly status?: StatusHead;
}

const resource = <T extends KubeObject>(plural: string, namespaced: boolean): Resource<T> => ({
  group: 'civitas.dev',
  version: 'v1alpha1',
  plural,
  namespaced,
});

/** The city's resources as the operator reports them. */
export interface CityResources {
  readonly networks: readonly NetworkObject[];
  readonly nodes: readonly NodeObject[];
  readonly links: readonly LinkObject[];
  readonly agencies: readonly AgencyObject[];
}

export async function listCityResources(kube: KubeClient): Promise<CityResources> {
  const [networks, nodes, links, agencies] = await Promise.all([
    kube.listAll(resource<NetworkObject>('ledgernetworks', true)),
    kube.listAll(resource<NodeObject>('ledgernodes', true)),
    kube.listAll(resource<LinkObject>('ledgerlinks', true)),
    kube.listAll(resource<AgencyObject>('agencies', true)),
  ]);
  return { networks: networks.items, nodes: nodes.items, links: links.items, agencies: agencies.items };
}

/** Name of the phase, or the reason of the first condition that does not hold. */
export function phaseOf(status: StatusHead | undefined): string {
  const failing = status?.conditions?.find((condition) => condition.type === 'Available' && condition.status !== 'True');
  return status?.phase ?? failing?.reason ?? 'Pending';
}

/** `ready.json`, when the city says it is ready. */
export function findReady(home: string): unknown {
  const path = join(home, READY_FILE);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

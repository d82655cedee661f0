import { defineResource, type KubeObject } from '@civitas/kube';

/** Fields of our kinds that the console reads; what else there is passes through as it is. */
interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

interface StatusHead {
  readonly observedGeneration?: number;
  readonly phase?: string;
  readonly conditions?: readonly Condition[];
}

export interface OurObject extends KubeObject {
  readonly status?: StatusHead;
}

export interface LedgerNetwork extends OurObject {
  readonly spec: {
    readonly city?: string;
    readonly domain: 'city' | 'health' | 'housing' | 'courts' | 'transport';
    readonly chainId: string;
    readonly engine?: 'embedded' | 'cometbft';
    readonly paused?: boolean;
    readonly hibernated?: boolean;
  };
  readonly status?: StatusHead & {
    readonly engine?: 'embedded' | 'cometbft';
    readonly release?: string;
    readonly height?: number;
    readonly genesisHash?: string;
    readonly validators?: {
      readonly inSet: number;
      readonly ready: number;
      readonly caughtUp: number;
      readonly quorum: number;
      readonly faultTolerance: number;
      readonly spareFaults: number;
    };
    readonly certificates?: { readonly earliestExpiry: string; readonly node: string };
    readonly endpoints?: { readonly grpc: string; readonly metrics: string };
    readonly rollout?: { readonly node: string; readonly startedAt: string; readonly step?: string; readonly deferredReason?: string };
    readonly storage?: { readonly usedPercent: number; readonly node: string; readonly problem?: string };
    readonly lastVerifiedBackup?: { readonly name: string; readonly time: string; readonly height: number };
  };
}

export interface LedgerNode extends OurObject {
  readonly spec: { readonly networkRef: string; readonly role: string; readonly organisation: string; readonly fenced?: boolean };
  readonly status?: StatusHead & {
    readonly height?: number;
    readonly lagBlocks?: number;
    readonly peers?: number;
    readonly image?: string;
    readonly unwell?: string;
    readonly signing?: boolean;
    readonly certNotAfter?: string;
    readonly dataUsedPct?: number;
  };
}

interface LinkSide {
  readonly clientStatus: string;
  readonly clientHeight: number;
  readonly lastSequence: number;
  readonly inFlight: number;
  readonly oldestPendingAgeMs: number;
}

export interface LedgerLink extends OurObject {
  readonly spec: {
    readonly from: string;
    readonly to: string;
    readonly paused?: boolean;
    readonly frozen?: boolean;
    readonly drain?: boolean;
  };
  readonly status?: StatusHead & {
    readonly lastSequence?: number;
    readonly inFlight?: number;
    readonly oldestPendingAgeMs?: number;
    readonly from?: LinkSide;
    readonly to?: LinkSide;
  };
}

export interface Agency extends OurObject {
  readonly spec: {
    readonly displayName: { readonly zh: string; readonly en: string };
    readonly founder?: boolean;
    readonly approvalPolicy?: 'manual' | 'auto';
    readonly memberships: readonly { readonly network: string; readonly namespace?: string; readonly roles: readonly string[] }[];
    readonly quotas?: { readonly pods?: number; readonly configMaps?: number };
    readonly clients?: readonly { readonly name: string; readonly operationPublicKey: string; readonly csr: string }[];
    readonly approvers?: readonly { readonly name: string; readonly publicKey: string }[];
  };
  readonly status?: StatusHead & {
    readonly namespace?: string;
    readonly organizationId?: string;
    readonly memberships?: readonly {
      readonly network: string;
      readonly state: string;
      readonly onLedgerHeight?: number;
      readonly approvalsMissing?: number;
      readonly message?: string;
    }[];
    readonly clients?: readonly { readonly name: string; readonly networks: number; readonly problem?: string }[];
  };
}

export interface AgencyMembership extends OurObject {
  readonly spec: { readonly agencyRef: string; readonly networkRef: string; readonly roles?: readonly string[] };
}

export interface OfNetwork extends OurObject {
  readonly spec: { readonly networkRef?: string };
}

export interface CityConfig extends OurObject {
  readonly spec: { readonly city: string; readonly displayName: { readonly zh: string; readonly en: string }; readonly namespace: string };
}

const ours = { group: 'civitas.dev', version: 'v1alpha1', namespaced: true } as const;

export const ledgerNetworks = defineResource<LedgerNetwork>({ ...ours, plural: 'ledgernetworks' });
export const ledgerNodes = defineResource<LedgerNode>({ ...ours, plural: 'ledgernodes' });
export const ledgerLinks = defineResource<LedgerLink>({ ...ours, plural: 'ledgerlinks' });
export const agencies = defineResource<Agency>({ ...ours, plural: 'agencies', namespaced: false });
export const agencyMemberships = defineResource<AgencyMembership>({ ...ours, plural: 'agencymemberships' });
export const validatorChanges = defineResource<OfNetwork>({ ...ours, plural: 'validatorchanges' });
export const ledgerOperations = defineResource<OfNetwork>({ ...ours, plural: 'ledgeroperations' });
export const cityConfigs = defineResource<CityConfig>({ ...ours, plural: 'cityconfigs', namespaced: false });

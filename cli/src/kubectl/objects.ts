import type { Condition, KubeObject, Resource } from '@civitas/kube';

export const API_VERSION = 'civitas.dev/v1alpha1';

interface StatusHead {
  readonly observedGeneration?: number;
  readonly phase?: string;
  readonly conditions?: readonly Condition[];
}

/** An object of any kind of ours, as far as every one of them is alike. */
export interface CityObject extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: StatusHead & Readonly<Record<string, unknown>>;
}

export interface NetworkObject extends KubeObject {
  readonly spec: {
    readonly chainId: string;
    readonly domain: string;
    readonly hibernated?: boolean;
    readonly paused?: boolean;
    readonly release?: { readonly version?: string };
  };
  readonly status?: StatusHead & {
    readonly engine?: string;
    readonly height?: number;
    readonly release?: string;
    readonly validators?: { readonly summary?: string; readonly spareFaults?: number; readonly inSet?: number; readonly quorum?: number };
    readonly certificates?: { readonly earliestExpiry?: string; readonly node?: string };
    readonly externalMembers?: readonly {
      readonly node: string;
      readonly state: string;
      readonly message: string;
      readonly bundle?: string;
    }[];
    readonly rollout?: { readonly node?: string; readonly step?: string; readonly deferredReason?: string };
    readonly lastVerifiedBackup?: { readonly name?: string; readonly time?: string; readonly height?: number };
  };
}

export interface NodeObject extends KubeObject {
  readonly spec: { readonly networkRef: string; readonly role: string; readonly ordinal: number; readonly organisation?: string };
  readonly status?: StatusHead & {
    readonly height?: number;
    readonly lagBlocks?: number;
    readonly signing?: boolean;
    readonly unwell?: string;
    readonly certNotAfter?: string;
    readonly dataUsedPct?: number;
  };
}

export interface LinkObject extends KubeObject {
  readonly spec: { readonly from: string; readonly to: string; readonly paused?: boolean };
  readonly status?: StatusHead & {
    readonly lastSequence?: number;
    readonly inFlight?: number;
    readonly oldestPendingAge?: string;
    readonly from?: { readonly clientHeight?: number; readonly clientStatus?: string };
    readonly to?: { readonly clientHeight?: number; readonly clientStatus?: string };
  };
}

export interface OperationObject extends KubeObject {
  readonly spec: {
    readonly networkRef: string;
    readonly type: string;
    readonly nodes?: readonly string[];
    readonly version?: string;
    readonly approval?: string;
    readonly approved?: boolean;
    readonly abort?: boolean;
  };
  readonly status?: StatusHead & {
    readonly plan?: readonly { readonly ordinal: number; readonly node: string; readonly spareFaults: number; readonly state: string }[];
    readonly progress?: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
  };
}

export interface ChangeObject extends KubeObject {
  readonly spec: {
    readonly networkRef: string;
    readonly approval?: string;
    readonly approved?: boolean;
    readonly changes: readonly { readonly type: string; readonly node: string; readonly with?: string }[];
  };
  readonly status?: StatusHead & {
    readonly progress?: string;
    readonly approvals?: { readonly given: number; readonly needed: number };
    readonly steps?: readonly {
      readonly number: number;
      readonly action: string;
      readonly node: string;
      readonly state: string;
      readonly validatorsAfter: number;
      readonly neededAfter: number;
      readonly mayFailAfter: number;
    }[];
  };
}

/** Where backups lie, as the spec of a backup writes it. */
export interface TargetSpec {
  readonly volume?: { readonly claimName: string; readonly path?: string };
  readonly s3?: {
    readonly endpoint: string;
    readonly bucket: string;
    readonly prefix?: string;
    readonly region?: string;
    readonly credentialsSecretRef: { readonly name: string };
  };
}

/** A backup, or a schedule of them. */
export interface BackupObject extends KubeObject {
  readonly spec: { readonly networkRef: string; readonly target: TargetSpec };
  readonly status?: StatusHead & { readonly finishedAt?: string; readonly verified?: { readonly time: string } };
}

export interface RestoreObject extends KubeObject {
  readonly spec: {
    readonly network?: { readonly name: string; readonly chainId: string };
    readonly node?: { readonly networkRef: string; readonly name: string };
  };
  readonly status?: StatusHead & { readonly finishedAt?: string };
}

const ours = <T extends KubeObject>(plural: string, namespaced = true): Resource<T> => ({
  ...{ group: 'civitas.dev', version: 'v1alpha1' },
  plural,
  namespaced,
});

export const KINDS = {
  cityConfigs: ours<CityObject>('cityconfigs', false),
  networks: ours<NetworkObject>('ledgernetworks'),
  nodes: ours<NodeObject>('ledgernodes'),
  links: ours<LinkObject>('ledgerlinks'),
  operations: ours<OperationObject>('ledgeroperations'),
  changes: ours<ChangeObject>('validatorchanges'),
  backups: ours<BackupObject>('ledgerbackups'),
  schedules: ours<BackupObject>('ledgerbackupschedules'),
  restores: ours<RestoreObject>('ledgerrestores'),
} as const;

/** `namespace/name`, or `name` of what has no namespace. */
export function fullName({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

export function conditionOf(object: { readonly status?: StatusHead }, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** One word: the phase, else that the operator has not said anything yet. */
export function phaseOf({ status }: { readonly status?: StatusHead }): string {
  return status?.phase ?? 'Pending';
}

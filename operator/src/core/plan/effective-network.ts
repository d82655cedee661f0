import { type NetworkName, NODE_IMAGE, networkNameOf, nodeName } from '../desired/names.ts';
import type { Agency } from '../resources/agency.ts';
import type { BackupReference } from '../resources/backup-target.ts';
import type { CityConfig } from '../resources/city-config.ts';
import { type LedgerNetwork, type LedgerNetworkSpec, MESSAGES } from '../resources/ledger-network.ts';
import type { RemoteSigner } from '../resources/remote-signer.ts';
import { clientProblem } from './client-problem.ts';
import type { MaintenanceWindow } from './maintenance-window.ts';
import { faultTolerance } from './quorum.ts';

type PoolSpec = NonNullable<LedgerNetworkSpec['pools']>[number];

/** One node with its place, its owner and its volume. */
export interface EffectiveNode {
  readonly name: string;
  readonly ordinal: number;
  readonly role: 'validator' | 'observer' | 'gateway';
  readonly organisation: string;
  readonly storageSize: string;
  readonly storageClass?: string;
  readonly autoGrow?: { readonly percent: number; readonly stepPercent: number; readonly max: string };
  /** What its pool asks for; undefined where it leaves it to the product. */
  readonly resources?: PoolSpec['resources'];
  readonly topologySpread?: PoolSpec['topologySpread'];
  /** It is to stand still. */
  readonly fenced?: boolean;
  /** Its ledger is dropped once for this word and taken from its peers. */
  readonly rebuild?: string;
  /** It makes itself another consensus key for this word. */
  readonly rekey?: string;
  /** Who holds its consensus key instead of its volume. */
  readonly remoteSigner?: RemoteSigner;
  /** Where that ledger comes from first, until it stands at the head. */
  readonly restoreFrom?: BackupReference;
  /** The backup that its chain is born from, while it may not have it yet. */
  readonly origin?: BackupReference;
  /** It starts from a snapshot of its peers. Default false. */
  readonly stateSync?: boolean;
}

export interface EffectiveMember {
  readonly organisation: string;
  readonly displayName: { readonly zh: string; readonly en: string };
  readonly roles: readonly string[];
  readonly founder: boolean;
  readonly approvalPolicy: 'manual' | 'auto';
  readonly clients: readonly { readonly name: string; readonly operationPublicKey: string }[];
  /** Persons' own keys. */
  readonly approvers: readonly { readonly name: string; readonly publicKey: string }[];
}

/** A LedgerNetwork with every default filled in: what the planner works on. */
export interface EffectiveNetwork extends NetworkName {
  readonly uid: string;
  readonly city: string;
  readonly domain: LedgerNetworkSpec['domain'];
  readonly chainId: string;
  readonly engine: 'embedded' | 'cometbft';
  readonly version: string;
  readonly nodes: readonly EffectiveNode[];
  /** By name: agencies whose Agency names this network. */
  readonly members: readonly EffectiveMember[];
  readonly approvalThreshold: number;
  readonly allowDowntime: boolean;
  /** Validators that the operator's own work may keep from voting at once. */
  readonly maxUnavailable: number;
  readonly emptyBlockIntervalMs: number;
  readonly bundleWaitMs: number;
  readonly certificateHours: number;
  readonly limits: { readonly operationsPerSecondPerOrganisation: number; readonly linkPacketsPerMinute: number };
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** How far back its nodes prove state; undefined leaves it to them. */
  readonly retention?: { readonly days: number; readonly archive: boolean };
  /** Whose people act through the gateways of the network. */
  readonly persons?: { readonly issuer: string; readonly keysUrl?: string };
  /** Where spans of its nodes go. */
  readonly tracing?: { readonly endpoint: string; readonly samplePerMille: number };
  readonly keepData: boolean;
  /** Backup of another chain that it is born from. */
  readonly origin?: BackupReference;
  readonly paused: boolean;
  readonly hibernated: boolean;
  /** Image of its nodes: the one in force, also while another is asked for that may not be run. */
  readonly nodeImage: string;
  readonly isReleaseHeld: boolean;
  readonly updates: {
    readonly supervised: boolean;
    readonly canary: boolean;
    readonly catchUpBlocks: number;
    readonly stepTimeoutMs: number;
  };
  readonly maintenanceWindows: readonly MaintenanceWindow[];
  readonly renewBeforeMs: number | undefined;
  /** DNS names in every node's certificate. */
  readonly extraNames: readonly string[];
  /** Who issues its certificate authority; undefined: the operator. */
  readonly issuer?: { readonly name: string; readonly kind: string; readonly group: string };
  readonly podMonitor?: { readonly intervalSeconds: number; readonly labels: Readonly<Record<string, string>> };
  /** Volumes are snapshotted before another release writes to them. */
  readonly snapshots?: { readonly className?: string };
}

const DEFAULTS = {
  maxUnavailable: 1,
  emptyBlockIntervalMs: 10_000,
  bundleWaitMs: 10,
  storageSize: '1Gi',
  certificateHours: 2160,
  operationsPerSecondPerOrganisation: 2000,
  linkPacketsPerMinute: 60_000,
  stepTimeoutSeconds: 600,
  retentionDays: 7,
  growPercent: 80,
  growStepPercent: 50,
  scrapeSeconds: 15,
} as const;

const HOUR_MS = 3_600_000;

const NONE_MADE: ReadonlyMap<string, string> = new Map();

/**
 * Fills in what the spec leaves to CityConfig and to the product.
 *
 * @param made Organisation by name of the nodes that there are: a node belongs for life to the one that it was made for.
 */
export function effectiveNetwork(
  network: LedgerNetwork,
  config: CityConfig,
  agencies: readonly Agency[],
  made: ReadonlyMap<string, string> = NONE_MADE,
): EffectiveNetwork {
  const { spec } = network;
  const id = networkNameOf(network.metadata);
  const city = config.spec;
  const members = membersOf(id, city.namespace, agencies);
  return {
    ...id,
    uid: network.metadata.uid,
    city: spec.city ?? city.city,
    domain: spec.domain,
    chainId: spec.chainId,
    engine: spec.engine ?? city.engine,
    version: spec.release?.version ?? city.release.version,
    nodes: nodesOf(network, config, { members, made }),
    members,
    approvalThreshold: spec.genesis?.approvalThreshold ?? city.approvalThreshold,
    allowDowntime: spec.allowDowntime ?? city.allowDowntime ?? false,
    maxUnavailable: spec.updateStrategy?.maxUnavailable ?? DEFAULTS.maxUnavailable,
    emptyBlockIntervalMs: spec.consensus?.emptyBlockIntervalMs ?? city.consensus?.emptyBlockIntervalMs ?? DEFAULTS.emptyBlockIntervalMs,
    bundleWaitMs: spec.consensus?.bundleWaitMs ?? city.consensus?.bundleWaitMs ?? DEFAULTS.bundleWaitMs,
    certificateHours: spec.tls?.durationHours ?? city.certificateHours ?? DEFAULTS.certificateHours,
    limits: {
      operationsPerSecondPerOrganisation: city.limits?.operationsPerSecondPerOrganisation ?? DEFAULTS.operationsPerSecondPerOrganisation,
      linkPacketsPerMinute: city.limits?.linkPacketsPerMinute ?? DEFAULTS.linkPacketsPerMinute,
    },
    logLevel: spec.logLevel ?? city.logLevel ?? 'info',
    ...(city.identity === undefined ? {} : { persons: city.identity }),
    ...(city.observability?.tracing === undefined ? {} : { tracing: city.observability.tracing }),
    ...(spec.retention === undefined
      ? {}
      : { retention: { days: spec.retention.days ?? DEFAULTS.retentionDays, archive: spec.retention.archive ?? false } }),
    keepData: spec.deletionPolicy?.data !== 'Delete',
    ...(spec.genesis?.fromBackup === undefined ? {} : { origin: spec.genesis.fromBackup }),
    paused: spec.paused ?? false,
    hibernated: spec.hibernated ?? false,
    nodeImage: `${city.release.image ?? NODE_IMAGE}:${spec.release?.version ?? city.release.version}`,
    isReleaseHeld: false,
    updates: updatesOf(spec.updateStrategy),
    maintenanceWindows: spec.maintenanceWindows ?? [],
    renewBeforeMs: spec.tls?.renewBeforeHours === undefined ? undefined : spec.tls.renewBeforeHours * HOUR_MS,
    extraNames: [...(spec.tls?.extraSANs ?? [])].sort(),
    ...servicesOf(spec),
  };
}

/** What it uses where the cluster has it. */
function servicesOf({
  tls,
  observability,
  updateStrategy,
}: LedgerNetworkSpec): Pick<EffectiveNetwork, 'issuer' | 'podMonitor' | 'snapshots'> {
  const { issuerRef } = tls ?? {};
  const { podMonitor } = observability ?? {};
  const { snapshots } = updateStrategy ?? {};
  return {
    ...(issuerRef === undefined
      ? {}
      : { issuer: { name: issuerRef.name, kind: issuerRef.kind ?? 'ClusterIssuer', group: issuerRef.group ?? 'cert-manager.io' } }),
    ...(podMonitor === undefined
      ? {}
      : {
          podMonitor: {
            intervalSeconds: podMonitor.intervalSeconds ?? DEFAULTS.scrapeSeconds,
            labels: Object.fromEntries((podMonitor.labels ?? []).map(({ name, value }) => [name, value])),
          },
        }),
    ...(snapshots === undefined ? {} : { snapshots }),
  };
}

function updatesOf(strategy: LedgerNetworkSpec['updateStrategy']): EffectiveNetwork['updates'] {
  return {
    supervised: strategy?.type === 'Supervised',
    canary: strategy?.canary ?? true,
    catchUpBlocks: strategy?.catchUpBlocks ?? 0,
    stepTimeoutMs: (strategy?.stepTimeoutSeconds ?? DEFAULTS.stepTimeoutSeconds) * 1000,
  };
}

function storageOf({ storage }: PoolSpec): Pick<EffectiveNode, 'storageClass' | 'autoGrow'> {
  const { class: storageClass, autoGrow } = storage ?? {};
  const { growPercent, growStepPercent } = DEFAULTS;
  return {
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(autoGrow === undefined
      ? {}
      : {
          autoGrow: { percent: autoGrow.percent ?? growPercent, stepPercent: autoGrow.stepPercent ?? growStepPercent, max: autoGrow.max },
        }),
  };
}

function placementOf({ resources, topologySpread }: PoolSpec): Pick<EffectiveNode, 'resources' | 'topologySpread'> {
  return { ...(resources === undefined ? {} : { resources }), ...(topologySpread === undefined ? {} : { topologySpread }) };
}

function membersOf(id: NetworkName, defaultNamespace: string, agencies: readonly Agency[]): readonly EffectiveMember[] {
  return agencies
    .flatMap(({ metadata, spec }) =>
      spec.memberships
        .filter((membership) => membership.network === id.name && (membership.namespace ?? defaultNamespace) === id.namespace)
        .map((membership) => ({
          organisation: metadata.name,
          displayName: spec.displayName,
          roles: ['member', ...membership.roles.filter((role) => role !== 'member')],
          founder: spec.founder ?? false,
          approvalPolicy: spec.approvalPolicy ?? 'manual',
          // One bad key would have the ledger refuse the whole organisation.
          clients: (spec.clients ?? [])
            .filter((client) => clientProblem(client, spec.clients ?? []) === undefined)
            .map(({ name, operationPublicKey }) => ({ name, operationPublicKey })),
          approvers: (spec.approvers ?? []).map(({ name, publicKey }) => ({ name, publicKey })),
        })),
    )
    .sort((left, right) => (left.organisation < right.organisation ? -1 : 1));
}

/** The member with the fewest nodes of this role, founders first: no one organisation should hold what a quorum needs. */
function leastServed(members: readonly EffectiveMember[], nodes: readonly Pick<EffectiveNode, 'role' | 'organisation'>[]): string {
  const founders = members.filter(({ founder }) => founder);
  const counted = (founders.length > 0 ? founders : members).map(({ organisation }) => ({
    organisation,
    count: nodes.filter((node) => node.organisation === organisation).length,
  }));
  return counted.reduce((least, one) => (one.count < least.count ? one : least), counted[0] ?? { organisation: '', count: 0 }).organisation;
}

function nodesOf(
  { metadata, spec }: LedgerNetwork,
  config: CityConfig,
  { members, made }: { readonly members: readonly EffectiveMember[]; readonly made: ReadonlyMap<string, string> },
): readonly EffectiveNode[] {
  const pools: readonly PoolSpec[] = spec.pools ?? [{ name: 'validators', role: 'validator' }];
  const nodes: EffectiveNode[] = [];
  for (const pool of pools) {
    const replicas = pool.replicas ?? (pool.role === 'validator' ? config.spec.validatorsPerNetwork : 1);
    for (let index = 0; index < replicas; index++) {
      const ordinal = nodes.length;
      const name = nodeName(metadata.name, ordinal);
      nodes.push({
        name,
        ordinal,
        role: pool.role,
        organisation:
          made.get(name) ??
          pool.agencyRef ??
          leastServed(
            members,
            nodes.filter(({ role }) => role === pool.role),
          ),
        storageSize: pool.storage?.size ?? config.spec.storageSize ?? DEFAULTS.storageSize,
        ...storageOf(pool),
        ...placementOf(pool),
      });
    }
  }
  return nodes;
}

/** What keeps a network from being worked on; each is also a rule of the CRD where the spec alone shows it. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** The CRD's rules again, now with the defaults filled in: an API server may have been asked to skip them. */
export function problemsOf(network: EffectiveNetwork, spec: LedgerNetworkSpec): readonly Problem[] {
  const validators = network.nodes.filter((node) => node.role === 'validator').length;
  const allowed = Math.max(faultTolerance(validators), network.allowDowntime || network.engine === 'embedded' ? 1 : 0);
  const problems: Problem[] = [];
  if (network.engine === 'embedded' && validators !== 1)
    problems.push({ reason: 'EmbeddedNeedsOneValidator', message: MESSAGES.embeddedOne });
  if (network.engine !== 'embedded' && validators < 4 && !network.allowDowntime)
    problems.push({ reason: 'TooFewValidators', message: MESSAGES.tooFew });
  if (spec.updateStrategy !== undefined && network.maxUnavailable > allowed)
    problems.push({ reason: 'MaxUnavailableTooLarge', message: MESSAGES.maxUnavailable });
  if (network.members.every((member) => !member.founder)) {
    problems.push({ reason: 'NoFounder', message: `no Agency with founder: true names ${network.name} in its memberships` });
  }
  for (const node of network.nodes) {
    if (node.organisation === '' || network.members.some((member) => member.organisation === node.organisation)) continue;
    problems.push({
      reason: 'AgencyUnknown',
      message: `node ${node.name} is to belong to ${node.organisation}, which is no member of ${network.name}`,
    });
  }
  return problems;
}

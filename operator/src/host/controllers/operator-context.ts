import {
  type Applier,
  type Clock,
  type ConfigMap,
  type EventRecorder,
  type KubeClient,
  keyOf,
  type Log,
  type MetricsSink,
  type Pod,
  type Reflector,
} from '@civitas/kube';
import { ANNOTATIONS, genesisRecordName, type NetworkName, networkNameOf, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import type { AgencyIdentity } from '../../core/plan/agency-identity.ts';
import { isEnding, withMemberships } from '../../core/plan/agency-memberships.ts';
import type { EffectiveNetwork } from '../../core/plan/effective-network.ts';
import { genesisFromText } from '../../core/plan/genesis-record.ts';
import type { ObservedJoin, ObservedProtocolProposal, ObservedSnapshot, ObservedStanding } from '../../core/plan/observed-network.ts';
import { chooseServingNode } from '../../core/plan/serving-node.ts';
import type { AccessPolicy } from '../../core/resources/access-policy.ts';
import type { Agency } from '../../core/resources/agency.ts';
import type { AgencyMembershipObject } from '../../core/resources/agency-membership.ts';
import type { CityConfig } from '../../core/resources/city-config.ts';
import type { ConsensusKeyReservation } from '../../core/resources/consensus-key-reservation.ts';
import type { LedgerBackup } from '../../core/resources/ledger-backup.ts';
import type { LedgerBackupSchedule } from '../../core/resources/ledger-backup-schedule.ts';
import type { LedgerLink } from '../../core/resources/ledger-link.ts';
import type { LedgerLinkGrant } from '../../core/resources/ledger-link-grant.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import type { LedgerNode } from '../../core/resources/ledger-node.ts';
import type { LedgerOperation } from '../../core/resources/ledger-operation.ts';
import type { LedgerRestore } from '../../core/resources/ledger-restore.ts';
import type { PackInstall } from '../../core/resources/pack-install.ts';
import type { ReleaseCatalog } from '../../core/resources/release-catalog.ts';
import type { ValidatorChange } from '../../core/resources/validator-change.ts';
import type { LiveWrites } from '../apply/live-writes.ts';
import type { Connections } from '../ledger/connections.ts';
import type { NodeConnection } from '../ledger/node-connection.ts';
import type { Authorities } from '../observe/authorities.ts';
import type { TakenUp } from '../observe/ledger-contracts.ts';
import type { VotingRecord } from '../observe/voting-record.ts';
import type { Workspaces } from '../observe/workspaces.ts';
import type { OperatorMetrics } from '../telemetry/operator-metrics.ts';

/** Indexes of the caches: by the network that an object is of (`namespace/name`), by its own uid, by a consensus key's hash. */
export const INDEXES = { network: 'network', uid: 'uid', key: 'key' } as const;

/** Our own kinds, cluster-wide. */
export interface Caches {
  readonly networks: Reflector<LedgerNetwork>;
  readonly nodes: Reflector<LedgerNode>;
  readonly links: Reflector<LedgerLink>;
  readonly linkGrants: Reflector<LedgerLinkGrant>;
  readonly agencies: Reflector<Agency>;
  readonly memberships: Reflector<AgencyMembershipObject>;
  readonly cities: Reflector<CityConfig>;
  readonly reservations: Reflector<ConsensusKeyReservation>;
  readonly validatorChanges: Reflector<ValidatorChange>;
  readonly operations: Reflector<LedgerOperation>;
  readonly catalogs: Reflector<ReleaseCatalog>;
  readonly backups: Reflector<LedgerBackup>;
  readonly backupSchedules: Reflector<LedgerBackupSchedule>;
  readonly restores: Reflector<LedgerRestore>;
  readonly accessPolicies: Reflector<AccessPolicy>;
  readonly packInstalls: Reflector<PackInstall>;
}

/** What the ledgers themselves said last; lost with the process and asked again. */
export interface LedgerFacts {
  /** Chain ids that city.registry holds. */
  readonly registered: Set<string>;
  /** By `<network key> <organisation>`. */
  readonly enrolments: Map<string, Enrolment>;
  /** `namespace/node` of every node that has answered this process. */
  readonly heard: Set<string>;
  /** Which pods voted when they were looked at last. */
  readonly voting: VotingRecord;
  /** Who is or was in a ledger's validator set, by network key. */
  readonly standings: Map<string, readonly ObservedStanding[]>;
  /** The proposal of a ledger's next validator, by network key. */
  readonly joins: Map<string, ObservedJoin>;
  /** The last proposal about the protocol version of each network. */
  readonly protocols: Map<string, ObservedProtocolProposal>;
  /** Volume claims that the API server would not change, by `namespace/claim`: the wish, what there is, and its words. */
  readonly volumeProblems: Map<string, { readonly wish: string; readonly resourceVersion: string; readonly message: string }>;
  /** Kinds of others that the cluster did not serve when they were last asked for, and when that was. */
  readonly absentKinds: Map<string, number>;
  /** What was applied last of such kinds, by kind and place, and when. */
  readonly optionalApplied: Map<string, { readonly digest: string; readonly atUnixMs: number }>;
  /** By network key: why an authority that another one issued cannot be used. */
  readonly authorityProblems: Map<string, string>;
  /** By `namespace/name`: VolumeSnapshots before upgrades. */
  readonly snapshots: Map<string, ObservedSnapshot>;
  /** By agency: where it stands with the identity provider. */
  readonly identities: Map<string, AgencyIdentity>;
  /** By the relay's namespace: the configuration that it goes by, as it said last; see servedName. */
  readonly relayConfigurations: Map<string, string>;
  /** By genesis hash: contracts that were installed since the ledger's birth. */
  readonly takenUp: Map<string, TakenUp>;
  /** See ensureProposal. */
  readonly seenDecided: Set<string>;
  /** Keys of networks this process has looked at: the status of any other is from an earlier one. */
  readonly looked: Set<string>;
}

export interface Enrolment {
  readonly state: 'Pending' | 'Proposed' | 'Enrolled';
  /** Height of the ledger when it was first seen there; undefined before. */
  readonly onLedgerHeight?: number;
  /** Approvals its open proposal still needs; undefined without one. */
  readonly approvalsMissing?: number;
  readonly message: string;
}

/** Everything the controllers share. */
export interface OperatorContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricsSink;
  readonly operatorMetrics: OperatorMetrics;
  readonly events: EventRecorder;
  readonly caches: Caches;
  readonly workspaces: Workspaces;
  readonly authorities: Authorities;
  readonly connections: Connections;
  readonly facts: LedgerFacts;
  /** Shared by all statuses that carry heights. */
  readonly liveWrites: LiveWrites;
  /** One a controller, so that each field has one manager; the same one whoever asks. */
  readonly applierOf: (controller: string) => Applier;
  /** To be asked before anything that cannot be taken back. */
  readonly isLeader: () => boolean;
  /** Wakes controllers of other kinds (`network`, `membership`, `link`, `relay`, `agency`), for these keys or for all there are. */
  readonly wake: (controller: string, keys?: readonly string[]) => void;
}

/** The installation's settings: the oldest CityConfig, as its description says. */
export function findCity(caches: Pick<Caches, 'cities'>): CityConfig | undefined {
  return [...caches.cities.store.list()].sort((left, right) =>
    left.metadata.creationTimestamp < right.metadata.creationTimestamp ? -1 : 1,
  )[0];
}

/** LedgerNodes that were made for a network, also those that its pools no longer ask for. */
export function nodesOf({ nodes }: Pick<Caches, 'nodes'>, network: NetworkName): readonly LedgerNode[] {
  return nodes.store.byIndex(INDEXES.network, keyOf(network));
}

/** Keys of the links that begin or end at a network. */
export function linksOf(
  { caches }: Pick<OperatorContext, 'caches'>,
  { metadata: { namespace = '', name } }: LedgerNetwork,
): readonly string[] {
  return caches.links.store
    .list(namespace)
    .filter(({ spec }) => spec.from === name || spec.to === name)
    .map(({ metadata }) => keyOf(metadata));
}

/** Names of the agencies that are to take part in a network. */
export function membersOf(
  context: Pick<OperatorContext, 'caches' | 'clock'>,
  { metadata }: Pick<LedgerNetwork, 'metadata'>,
): readonly string[] {
  const inCity = findCity(context.caches)?.spec.namespace;
  return agenciesOf(context)
    .filter(({ spec }) =>
      spec.memberships.some(({ network, namespace }) => network === metadata.name && (namespace ?? inCity) === metadata.namespace),
    )
    .map((agency) => agency.metadata.name);
}

/** Agencies with all their memberships, those that are objects of their own among them; those that end are left out. */
export function agenciesOf({ caches, clock }: Pick<OperatorContext, 'caches' | 'clock'>): readonly Agency[] {
  const memberships = caches.memberships.store.list().filter((membership) => {
    const { expiresAt } = membership.spec;
    return !isEnding(membership, clock.nowUnixMs(), expiresAt === undefined ? undefined : Date.parse(expiresAt));
  });
  return withMemberships(caches.agencies.store.list(), memberships);
}

/** The recorded genesis of a network, canonical text. */
export function findGenesisRecord(context: Pick<OperatorContext, 'workspaces'>, network: NetworkName): string | undefined {
  return genesisRecordOf(context, network)?.data?.['genesis.json'];
}

/** Engine that orders a born chain's operations, as its record says; records of the first release say nothing and mean embedded. */
export function engineInForce(context: Pick<OperatorContext, 'workspaces'>, network: NetworkName): EffectiveNetwork['engine'] {
  const engine = genesisRecordOf(context, network)?.metadata.annotations?.[ANNOTATIONS.engine];
  return engine === 'cometbft' ? 'cometbft' : 'embedded';
}

function genesisRecordOf(context: Pick<OperatorContext, 'workspaces'>, network: NetworkName): ConfigMap | undefined {
  return context.workspaces.find(SYSTEM_NAMESPACE)?.configMaps.store.get(`${SYSTEM_NAMESPACE}/${genesisRecordName(network)}`);
}

/** The installation's city network: the one of domain `city` whose city is CityConfig's. */
export function findCityNetwork(context: Pick<OperatorContext, 'caches'>): LedgerNetwork | undefined {
  const city = findCity(context.caches)?.spec;
  if (city === undefined) return undefined;
  return context.caches.networks.store
    .list(city.namespace)
    .find(({ spec }) => spec.domain === 'city' && (spec.city ?? city.city) === city.city);
}

/** A network of which a node runs, with its genesis: what calls to its ledger need. */
export interface ReachableNetwork {
  readonly name: NetworkName;
  readonly chainId: string;
  readonly genesisText: string;
  readonly connection: NodeConnection;
}

/** Channel to a node's services; undefined while its pod has no address or its authority is not made. */
export async function connectNode(
  context: OperatorContext,
  network: NetworkName,
  chainId: string,
  node: string,
): Promise<NodeConnection | undefined> {
  const pod = context.workspaces.find(network.namespace)?.pods.store.get(`${network.namespace}/${node}`);
  const authority = await context.authorities.find(network);
  const host = pod?.status?.podIP;
  if (pod === undefined || host === undefined || authority === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
  return context.connections.to({
    name: `${network.namespace}/${node}`,
    podUID: pod.metadata.uid,
    host,
    network: chainId,
    authority,
    isExpected: (peer) => peer.kind === 'node' && peer.network === chainId && peer.name === node,
  });
}

/** The ledger of a network through one of its nodes; undefined before it is born. */
export async function reachNetwork(context: OperatorContext, network: LedgerNetwork): Promise<ReachableNetwork | undefined> {
  const name = networkNameOf(network.metadata);
  const genesisText = findGenesisRecord(context, name);
  if (genesisText === undefined) return undefined;
  const { chainId } = genesisFromText(genesisText);
  const node = findServingNode(context, name);
  const connection = node === undefined ? undefined : await connectNode(context, name, chainId, node);
  return connection === undefined ? undefined : { name, chainId, genesisText, connection };
}

function findServingNode({ workspaces, caches }: OperatorContext, { namespace, name }: NetworkName): string | undefined {
  const nodes = nodesOf(caches, { namespace, name }).flatMap((node) => {
    const pod = workspaces.find(namespace)?.pods.store.get(`${namespace}/${node.metadata.name}`);
    return pod === undefined ? [] : [{ node, isReady: isReady(pod) }];
  });
  return chooseServingNode(nodes)?.metadata.name;
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false;
}

import { type Bytes, base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Pod } from '@civitas/kube';
import type { AdminServiceStatusResponse, KeysResponse } from '@civitas/proto/civitas/node/v1/admin';
import {
  ANNOTATIONS,
  gatewayName,
  genesisName,
  type NetworkName,
  networkNameOf,
  nodeDataName,
  nodeTlsName,
  peersName,
  relayTlsName,
  SYSTEM_NAMESPACE,
} from '../../core/desired/names.ts';
import { TOMBSTONE_LABELS } from '../../core/desired/tombstone.ts';
import { type EffectiveNetwork, effectiveNetwork } from '../../core/plan/effective-network.ts';
import { genesisFromText, genesisHashOf, keyHashOf } from '../../core/plan/genesis-record.ts';
import { runningEngine } from '../../core/plan/hand-over.ts';
import type {
  CityClient,
  ObservedAnswer,
  ObservedNetwork,
  ObservedNode,
  ObservedPod,
  ObservedProtocol,
  ObservedReservation,
  ObservedStanding,
  OpenLink,
} from '../../core/plan/observed-network.ts';
import type { CityConfig } from '../../core/resources/city-config.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import type { LedgerNode, ReportedOrganisation } from '../../core/resources/ledger-node.ts';
import type { ValidatorChangeStep } from '../../core/resources/validator-change.ts';
import {
  agenciesOf,
  connectNode,
  engineInForce,
  findCityNetwork,
  findGenesisRecord,
  INDEXES,
  nodesOf,
  type OperatorContext,
} from '../controllers/operator-context.ts';
import { callNode, type NodeConnection } from '../ledger/node-connection.ts';
import { certificateOf, volumeOf } from './observe-secret.ts';
import type { Workspace } from './workspace.ts';

const sha256 = nodeCrypto.sha256;

/** All that the planner wants to know, from the caches and from the nodes themselves. */
export async function observeNetwork(
  context: OperatorContext,
  target: {
    readonly network: LedgerNetwork;
    readonly config: CityConfig;
    readonly workspace: Workspace;
    readonly relayKey: string | undefined;
  },
): Promise<ObservedNetwork> {
  const { network, config, workspace } = target;
  const id = networkNameOf(network.metadata);
  const agencies = agenciesOf(context);
  const record = findGenesisRecord(context, id);
  const wanted = effectiveNetwork(network, config, agencies);
  const { effective } = runningEngine(wanted, record === undefined ? undefined : engineInForce(context, id));
  const chainId = record === undefined ? effective.chainId : genesisFromText(record).chainId;
  const names = new Set([...effective.nodes.map(({ name }) => name), ...madeNodes(context, id)]);
  const observations = [...names].map(
    async (node) => [node, await observeNode(context, workspace, { id, chainId, node, engine: effective.engine })] as const,
  );
  const nodes = Object.fromEntries(await Promise.all(observations));
  const standings = await readStandings(context, { id, chainId, nodes });
  const relaySpace = context.workspaces.find(config.spec.namespace);
  return {
    nowUnixMs: context.clock.nowUnixMs(),
    network,
    config,
    agencies,
    hasAuthority: (await context.authorities.find(id)) !== undefined,
    relayCertificate: certificateOf(relaySpace?.secrets.store.get(`${config.spec.namespace}/${relayTlsName(id.name)}`)),
    nodes,
    reservations: reservationsOf(context, id),
    genesisRecord: record,
    genesisMounted: workspace.configMaps.store.get(`${id.namespace}/${genesisName(id.name)}`)?.data?.['genesis.json'],
    peersMounted: workspace.configMaps.store.get(`${id.namespace}/${peersName(id.name)}`)?.data?.['peers.json'],
    endedBy: endedBy(context, network.spec.chainId),
    engineInForce: record === undefined ? undefined : engineInForce(context, id),
    validatorSet: setOf(standings),
    standings: standings ?? [],
    join: context.facts.joins.get(`${id.namespace}/${id.name}`),
    protocolProposal: context.facts.protocols.get(`${id.namespace}/${id.name}`),
    authorities: context.authorities.generations(id),
    operations: context.caches.operations.store.list(id.namespace).filter(({ spec }) => spec.networkRef === id.name),
    ...catalogOf(context, network),
    joiningProposed: proposedSteps(context, id, 'Join'),
    leavingProposed: proposedSteps(context, id, 'Leave'),
    rekeyProposed: proposedSteps(context, id, 'Rekey'),
    city: cityClient(context),
    platformKey: (await context.authorities.platformKey()).publicKey,
    relayKey: target.relayKey,
    gatewayAddress: serviceAddress(workspace, id),
    openLinks: openLinks(context, id),
    backups: {
      backups: context.caches.backups.store.list(id.namespace).filter(({ spec }) => spec.networkRef === id.name),
      schedules: context.caches.backupSchedules.store.list(id.namespace).filter(({ spec }) => spec.networkRef === id.name),
    },
    absentKinds: [...context.facts.absentKinds.keys()],
    authorityProblem: context.facts.authorityProblems.get(`${id.namespace}/${id.name}`),
    ...snapshotsOf(context, effective),
    registered: context.facts.registered.has(effective.chainId) || wasRegistered(network),
  };
}

function snapshotsOf({ facts }: OperatorContext, { namespace, snapshots }: EffectiveNetwork): Pick<ObservedNetwork, 'snapshots'> {
  if (snapshots === undefined) return {};
  const own = [...facts.snapshots].filter(([key]) => key.startsWith(`${namespace}/`));
  return { snapshots: Object.fromEntries(own.map(([key, state]) => [key.slice(namespace.length + 1), state])) };
}

function catalogOf({ caches }: OperatorContext, { spec }: LedgerNetwork): Pick<ObservedNetwork, 'catalog'> {
  const catalog = caches.catalogs.store.get(spec.release?.catalogRef ?? '');
  return catalog === undefined ? {} : { catalog };
}

function wasRegistered(network: LedgerNetwork): boolean {
  return network.status?.conditions?.some(({ type, status }) => type === 'Registered' && status === 'True') ?? false;
}

function serviceAddress(workspace: Workspace, id: NetworkName): string | undefined {
  const service = workspace.services.store.get(`${id.namespace}/${gatewayName(id.name)}`);
  const [address, port] = [service?.spec?.clusterIP, service?.spec?.ports?.[0]?.port];
  return address === undefined || port === undefined ? undefined : `${address}:${port}`;
}

/** Links of this network that still carry something or could: all but those that are drained. */
function openLinks({ caches }: OperatorContext, id: NetworkName): readonly OpenLink[] {
  return caches.links.store
    .list()
    .filter(({ metadata, spec, status }) => {
      const isOurs = metadata.namespace === id.namespace && (spec.from === id.name || spec.to === id.name);
      const drained =
        status?.conditions?.some((entry) => entry.type === 'Draining' && entry.status === 'True' && entry.reason === 'Drained') ?? false;
      return isOurs && !drained;
    })
    .map(({ metadata, status }) => ({ name: metadata.name, inFlight: status?.inFlight ?? 0 }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function endedBy({ workspaces }: OperatorContext, chainId: string): string | undefined {
  const records = workspaces.find(SYSTEM_NAMESPACE)?.configMaps.store.list() ?? [];
  return records.find(
    ({ metadata: { labels } }) => labels?.[TOMBSTONE_LABELS.chain] === chainId && labels[TOMBSTONE_LABELS.data] === 'Delete',
  )?.metadata.name;
}

/**
 * Nodes for which a ValidatorChange has proposed a step that members can still decide: recorded before the proposal is made, so never too
 * late. One that failed has been decided; one that expired has let go of its step, unless its proposal stays open.
 */
function proposedSteps({ caches }: OperatorContext, id: NetworkName, wanted: ValidatorChangeStep['action']): readonly string[] {
  return caches.validatorChanges.store
    .list(id.namespace)
    .filter(({ spec, status }) => spec.networkRef === id.name && status?.phase !== 'Failed')
    .flatMap(({ status }) => (status?.steps ?? []).filter(({ state }) => state === 'Proposed' || isUnderWay(state, status?.phase)))
    .flatMap(({ action, node }) => (action === wanted ? [node] : []));
}

/** What members decided of a change that has ended since stands in the set itself. */
function isUnderWay(state: ValidatorChangeStep['state'], phase: string | undefined): boolean {
  return state === 'Decided' && phase !== 'Expired';
}

function cityClient(context: OperatorContext): CityClient | undefined {
  const city = findCityNetwork(context);
  const text = city === undefined ? undefined : findGenesisRecord(context, networkNameOf(city.metadata));
  if (text === undefined) return undefined;
  const { chainId, validators } = genesisFromText(text);
  return { chainId, genesisHash: genesisHashOf(text, sha256), validators };
}

/** Nodes that were made for this network, also those that its pools no longer ask for. */
function madeNodes({ caches }: OperatorContext, id: NetworkName): readonly string[] {
  return nodesOf(caches, id).map(({ metadata }) => metadata.name);
}

/** Those who sign the next block. Chains of the first release keep no set on their ledger: theirs is the genesis's. */
function setOf(standings: readonly ObservedStanding[] | undefined): readonly string[] | undefined {
  if (standings === undefined || standings.length === 0) return undefined;
  return standings.filter(({ standing }) => standing === 'active' || standing === 'leaving').map(({ publicKey }) => publicKey);
}

const STANDINGS = ['joining', 'active', 'leaving', 'removed'] as const;

/** The validator set as one of the serving nodes has it; the last answer while none of them gives one. */
async function readStandings(
  context: OperatorContext,
  { id, chainId, nodes }: { readonly id: NetworkName; readonly chainId: string; readonly nodes: ObservedNetwork['nodes'] },
): Promise<readonly ObservedStanding[] | undefined> {
  const key = `${id.namespace}/${id.name}`;
  const heights = Object.entries(nodes).flatMap(([name, { answer }]) =>
    answer?.phase === 'Serving' ? [[name, answer.height] as const] : [],
  );
  const [newest] = heights.sort(([, left], [, right]) => right - left);
  const connection = newest === undefined || newest[1] === 0 ? undefined : await connectNode(context, id, chainId, newest[0]);
  if (connection === undefined) return context.facts.standings.get(key);
  try {
    const { ledger } = connection;
    const { validators } = await callNode(ledger.getValidators.bind(ledger), {});
    const set = validators.flatMap(({ publicKey, node, standing: word, sinceHeight, untilHeight }): readonly ObservedStanding[] => {
      const standing = STANDINGS.find((known) => known === word);
      const heights = { sinceHeight: Number(sinceHeight), untilHeight: Number(untilHeight) };
      return standing === undefined ? [] : [{ publicKey: text(publicKey), node, standing, ...heights }];
    });
    context.facts.standings.set(key, set);
    return set;
  } catch {
    // A node that has just stopped serving: the set it named before holds until another one answers.
    return context.facts.standings.get(key);
  }
}

/** The reservations that this network's nodes hold and those of the keys they report, each with whether anybody is left who could sign under it. */
function reservationsOf({ caches, workspaces }: OperatorContext, id: NetworkName): Readonly<Record<string, ObservedReservation>> {
  const { reservations, nodes } = caches;
  const ofKeys = nodesOf(caches, id).flatMap(({ status }) =>
    [status?.consensusPublicKey, status?.nextConsensusPublicKey].flatMap((key) =>
      key === undefined ? [] : reservations.store.byIndex(INDEXES.key, keyHashOf(key, sha256)),
    ),
  );
  return Object.fromEntries(
    [...reservations.store.byIndex(INDEXES.network, `${id.namespace}/${id.name}`), ...ofKeys].map(({ metadata, spec }) => {
      const isNodeGone = nodes.store.byIndex(INDEXES.uid, spec.nodeUID).length === 0;
      // In a namespace that is not watched, nothing is known to be gone.
      const pods = isNodeGone ? workspaces.find(spec.namespace)?.pods.store.list() : undefined;
      const isHolderGone = pods?.every((pod) => pod.metadata.uid !== spec.podUID) ?? false;
      const { name, uid, resourceVersion } = metadata;
      const holder = `${spec.namespace}/${spec.node}`;
      return [spec.publicKeyHash, { name, uid, resourceVersion, holder, nodeUID: spec.nodeUID, podUID: spec.podUID, isHolderGone }];
    }),
  );
}

async function observeNode(
  context: OperatorContext,
  workspace: Workspace,
  target: { readonly id: NetworkName; readonly chainId: string; readonly node: string; readonly engine: EffectiveNetwork['engine'] },
): Promise<ObservedNode> {
  const { id, chainId, node, engine } = target;
  const key = `${id.namespace}/${node}`;
  const pod = podOf(workspace.pods.store.get(key));
  const ledgerNode = context.caches.nodes.store.get(key);
  const certificate = certificateOf(workspace.secrets.store.get(`${id.namespace}/${nodeTlsName(node)}`));
  const connection = pod?.running === true && !pod.deleting ? await connectNode(context, id, chainId, node) : undefined;
  const answer =
    connection === undefined || pod === undefined ? undefined : await askNode(connection, needsKeys(ledgerNode, pod.uid, engine));
  if (answer !== undefined) context.facts.heard.add(key);
  const address = workspace.services.store.get(key)?.spec?.clusterIP;
  const volume = volumeOf(context, workspace, `${id.namespace}/${nodeDataName(node)}`);
  const seen = { ledgerNode, certificate, pod, answer, address, heard: context.facts.heard.has(key) };
  const doubtedSinceUnixMs = context.facts.voting.look(key, seen, context.clock.nowUnixMs());
  return {
    ...seen,
    ...(doubtedSinceUnixMs === undefined ? {} : { doubtedSinceUnixMs }),
    ...(volume === undefined ? {} : { volume }),
  };
}

export function podOf(pod: Pod | undefined): ObservedPod | undefined {
  if (pod === undefined) return undefined;
  const { metadata, spec, status } = pod;
  const phase = status?.phase;
  const rebuild = metadata.annotations?.[ANNOTATIONS.rebuild];
  const mountRefresh = metadata.annotations?.[ANNOTATIONS.mountRefresh];
  return {
    name: metadata.name,
    uid: metadata.uid,
    ip: status?.podIP,
    running: status?.podIP !== undefined && phase === 'Running',
    ready: status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false,
    deleting: metadata.deletionTimestamp !== undefined,
    finished: phase === 'Succeeded' || phase === 'Failed',
    configHash: metadata.annotations?.[ANNOTATIONS.configHash],
    image: metadata.annotations?.[ANNOTATIONS.image] ?? spec?.containers[0]?.image,
    ...(rebuild === undefined ? {} : { rebuild }),
    ...(mountRefresh === undefined ? {} : { mountRefresh }),
  };
}

/** Keys are asked for while they are not on record for this pod. */
function needsKeys(ledgerNode: LedgerNode | undefined, podUID: string, engine: EffectiveNetwork['engine']): boolean {
  const { spec, status } = ledgerNode ?? {};
  if (status?.podUID !== podUID || status.consensusPublicKey === undefined) return true;
  if (spec?.rekey !== undefined && spec.rekey !== status.rekeyed) return true;
  return engine === 'cometbft' && status.engineNodeId === undefined;
}

/** Asks a node where it stands, and for its keys if they are wanted; undefined when it does not answer. */
export async function askNode(connection: NodeConnection, wantsKeys: boolean): Promise<ObservedAnswer | undefined> {
  try {
    const status = await callNode(connection.admin.status.bind(connection.admin), {});
    return answerOf(status, wantsKeys ? await callNode(connection.admin.keys.bind(connection.admin), {}) : undefined);
  } catch {
    // A node that starts, stops or is gone is told apart by its pod; what counts here is that it gave no answer.
    return undefined;
  }
}

function answerOf(status: AdminServiceStatusResponse, keys: KeysResponse | undefined): ObservedAnswer {
  return {
    phase: status.phase,
    chainId: status.chainId,
    genesisHash: text(status.genesisHash),
    genesisMismatch: status.genesisMismatch,
    height: Number(status.height),
    root: text(status.root),
    signing: status.signing,
    caughtUp: status.caughtUp,
    peers: status.peerCount,
    version: status.version,
    certificateNotAfterUnixMs: Number(status.certificateNotAfterUnixMs),
    unwell: status.unwell,
    lacksFirstBlocks: status.lacksFirstBlocks,
    halted: status.halted,
    engineVersion: status.engineVersion,
    certificateSetHash: text(status.certificateSetHash),
    volumeBytes: Number(status.volumeBytes),
    volumeFreeBytes: Number(status.volumeFreeBytes),
    protocol: protocolOf(status),
    proposing: status.proposing,
    keys:
      keys === undefined
        ? undefined
        : {
            consensusPublicKey: text(keys.consensusPublicKey),
            ...(keys.nextConsensusPublicKey.length === 0 ? {} : { nextConsensusPublicKey: text(keys.nextConsensusPublicKey) }),
            engineNodeId: keys.engineNodeId,
            organisations: keys.organisations.map(organisationOf),
            ...(status.chainId === '' && status.protocolVersion > 0 ? { bornProtocolMax: status.protocolVersion } : {}),
          },
  };
}

function protocolOf(status: AdminServiceStatusResponse): ObservedProtocol | undefined {
  const { chainId, protocolVersion, newestProtocolVersion: newest, nextProtocolVersion, nextProtocolHeight } = status;
  // Without a ledger it says what it could be born with, not what it executes by.
  if (protocolVersion === 0 || chainId === '') return undefined;
  const next = nextProtocolVersion === 0 ? undefined : { version: nextProtocolVersion, height: Number(nextProtocolHeight) };
  return { version: protocolVersion, newest, next };
}

function organisationOf(keys: KeysResponse['organisations'][number]): ReportedOrganisation {
  const base = {
    organisation: keys.organisation,
    operationPublicKey: text(keys.operationPublicKey),
    ...(keys.hpkePublicKey.length === 0 ? {} : { hpkePublicKey: text(keys.hpkePublicKey) }),
  };
  return keys.approverPublicKey.length === 0 ? base : { ...base, approverPublicKey: text(keys.approverPublicKey) };
}

function text(bytes: Bytes): string {
  return base64urlEncode(new Uint8Array(bytes));
}

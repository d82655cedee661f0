import { createHash } from 'node:crypto';
import { nodeCrypto } from '@civitas/canon/node';
import type { PeerDocument } from '@civitas/deployment';
import { type Applier, type ConfigMap, type Controller, configMaps, createController, type ReconcileResult } from '@civitas/kube';
import { externalSubject, joinBundleName, joinBundleObject, outsidePeers } from '../../core/desired/join-bundle.ts';
import { ANNOTATIONS, networkNameOf, peersName } from '../../core/desired/names.ts';
import { externalProblem, externalStatus, type ObservedExternal } from '../../core/plan/external-members.ts';
import { genesisHashOf } from '../../core/plan/genesis-record.ts';
import type { ExternalMember, ExternalMemberStatus } from '../../core/resources/external-member.ts';
import { API_VERSION } from '../../core/resources/kind.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { issueForRequest, readLeafTimes } from '../certificates/authority.ts';
import type { NetworkAuthority } from '../observe/authorities.ts';
import { ledgerNetworks } from '../observe/custom-resources.ts';
import { retryConflict } from './conflict.ts';
import { CLIENT_HOURS, SETTLED_RECHECK_MS, STATUS_MESSAGE_CHARS_MAX, WHILE_SERVING_MS } from './limits.ts';
import { agenciesOf, findCity, findGenesisRecord, type OperatorContext } from './operator-context.ts';

/** Keeps for each external member what it needs to run a node of its own, and says how far it is. */
export function createJoinBundleController(context: OperatorContext): Controller {
  const applier = context.applierOf('joinbundle');

  const reconcile = async (network: LedgerNetwork): Promise<ReconcileResult> => {
    const members = network.spec.externalMembers ?? [];
    const told = network.status?.externalMembers ?? [];
    if (members.length === 0 && told.length === 0) return undefined;
    const externalMembers: ExternalMemberStatus[] = [];
    for (const member of members) externalMembers.push(await bundleOf(context, applier, { network, member }));
    const { name, namespace } = networkNameOf(network.metadata);
    const body = { apiVersion: API_VERSION, kind: 'LedgerNetwork', metadata: { name, namespace }, ...{ status: { externalMembers } } };
    if (JSON.stringify(told) !== JSON.stringify(externalMembers)) await applier.applyStatus(ledgerNetworks, body, network);
    const isSettled = externalMembers.every(({ state }) => state === 'Validator' || state === 'Removed');
    return { requeueAfterMs: isSettled ? SETTLED_RECHECK_MS : WHILE_SERVING_MS };
  };

  return createController({
    name: 'joinbundle',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const network = context.caches.networks.store.get(key);
      if (network === undefined || network.metadata.deletionTimestamp !== undefined) return undefined;
      return retryConflict(() => reconcile(network));
    },
  });
}

interface Target {
  readonly network: LedgerNetwork;
  readonly member: ExternalMember;
}

async function bundleOf(context: OperatorContext, applier: Applier, { network, member }: Target): Promise<ExternalMemberStatus> {
  const id = networkNameOf(network.metadata);
  const genesisText = findGenesisRecord(context, id);
  const peers = peersOf(context, network);
  const observed: ObservedExternal = {
    member,
    ownNodes: ownNodes(context, network),
    organisations: organisationsOf(context, network),
    isBorn: genesisText !== undefined,
    hasPeers: peers.length > 0,
    csrProblem: '',
    standings: context.facts.standings.get(`${id.namespace}/${id.name}`) ?? [],
  };
  const name = joinBundleName(member.node);
  const authority = await context.authorities.find(id);
  if (externalProblem(observed) !== undefined || genesisText === undefined || authority === undefined)
    return externalStatus(observed, name);
  const held = context.workspaces.find(id.namespace)?.configMaps.store.get(`${id.namespace}/${name}`);
  const certificate = await certificateOf(context, { network, member }, { authority, held });
  const manifest = joinBundleObject({
    network: network.metadata,
    chainId: network.spec.chainId,
    genesisHash: genesisHashOf(genesisText, nodeCrypto.sha256),
    genesisText,
    member,
    peers: outsidePeers(
      peers.filter(({ node }) => node !== member.node),
      network.spec.externalAddresses ?? [],
    ),
    authorityPem: authority.bundlePem,
    certificatePem: certificate.pem,
  });
  const annotations = { [ANNOTATIONS.subject]: requestHash(network, member) };
  await applier.apply(configMaps, { ...manifest, metadata: { ...manifest.metadata, annotations } }, held);
  return externalStatus({ ...observed, csrProblem: certificate.problem }, name);
}

/** Engines of our nodes as the peers document of the network has them. */
function peersOf({ workspaces }: OperatorContext, { metadata }: LedgerNetwork): readonly PeerDocument[] {
  const { namespace, name } = networkNameOf(metadata);
  const text = workspaces.find(namespace)?.configMaps.store.get(`${namespace}/${peersName(name)}`)?.data?.['peers.json'];
  return text === undefined ? [] : JSON.parse(text).peers;
}

function ownNodes({ caches }: OperatorContext, { metadata }: LedgerNetwork): readonly string[] {
  return caches.nodes.store.list(metadata.namespace).map((node) => node.metadata.name);
}

function organisationsOf(context: OperatorContext, { metadata }: LedgerNetwork): readonly string[] {
  const cityNamespace = findCity(context.caches)?.spec.namespace;
  return agenciesOf(context)
    .filter(({ spec }) =>
      spec.memberships.some(({ network, namespace }) => network === metadata.name && (namespace ?? cityNamespace) === metadata.namespace),
    )
    .map((agency) => agency.metadata.name);
}

/** Whom the certificate is for and which request it answers: another of either is another certificate. */
function requestHash(network: LedgerNetwork, member: ExternalMember): string {
  const subject = externalSubject(network.spec.chainId, member);
  return createHash('sha256')
    .update(`${subject} ${member.csr ?? ''}`)
    .digest('base64url');
}

/** What is held and still good is left alone. */
async function certificateOf(
  context: OperatorContext,
  { network, member }: Target,
  { authority, held }: { readonly authority: NetworkAuthority; readonly held: ConfigMap | undefined },
): Promise<{ readonly pem: string; readonly problem: string }> {
  if (member.csr === undefined) return { pem: '', problem: '' };
  const nowUnixMs = context.clock.nowUnixMs();
  const previous = held?.metadata.annotations?.[ANNOTATIONS.subject] === requestHash(network, member) ? held.data?.['node.crt'] : undefined;
  const isOurs = held?.data?.['ca.crt'] === authority.bundlePem;
  if (previous !== undefined && isOurs && nowUnixMs < readLeafTimes(previous).renewAtUnixMs) return { pem: previous, problem: '' };
  const subject = externalSubject(network.spec.chainId, member);
  const issued = await issueForRequest(authority, member.csr, { subject, hours: CLIENT_HOURS, nowUnixMs });
  return issued.ok
    ? { pem: issued.leaf.certificatePem, problem: '' }
    : { pem: '', problem: issued.problem.slice(0, STATUS_MESSAGE_CHARS_MAX / 2) };
}

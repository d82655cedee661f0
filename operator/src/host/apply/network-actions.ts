import { base64urlDecode } from '@civitas/canon';
import { configMaps, isApiError, type KubeObject, pods } from '@civitas/kube';
import { ANNOTATIONS, genesisRecordName, LABELS, MANAGED_BY, networkNameOf, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import type { Manifest } from '../../core/desired/render.ts';
import type { Deferral } from '../../core/plan/deferral.ts';
import type { NetworkAction } from '../../core/plan/network-action.ts';
import { connectNode } from '../controllers/operator-context.ts';
import { callNode } from '../ledger/node-connection.ts';
import { ledgerNodes } from '../observe/custom-resources.ts';
import { storeOf } from '../observe/workspace.ts';
import type { ActionContext } from './action-context.ts';
import { applyVolume } from './apply-volume.ts';
import { orderNode, setRelease, stopPod, withdrawGrant } from './day-two.ts';
import { dropNodeObjects, dropVolume } from './drop-node.ts';
import { handOverEngine, proposeValidator } from './grow-network.ts';
import { issueCertificate } from './issue-certificate.ts';
import { dropReservation, passReservation, reserveKey } from './key-reservation.ts';
import { resourceOf } from './kinds.ts';
import { performOptional } from './optional-kinds.ts';
import { proposeProtocol } from './propose-protocol.ts';
import { refreshMounts } from './refresh-mounts.ts';
import { replacePod } from './replace-pod.ts';
import { report } from './report.ts';
import { rollAuthority } from './roll-authority.ts';

/** Does one action of a plan. Returns whether anything was written or called. A crash before or after any of them is harmless. */
export async function performNetworkAction(scope: ActionContext, action: NetworkAction): Promise<boolean> {
  const { context, effective } = scope;
  switch (action.type) {
    case 'apply':
      return action.manifest.kind === 'PersistentVolumeClaim' ? applyVolume(scope, action.manifest) : applyManifest(scope, action.manifest);
    case 'createAuthority':
      await context.authorities.create(effective, context.clock.nowUnixMs());
      return report(scope, 'AuthorityCreated', 'made the certificate authority of this network');
    case 'issueCertificate':
      return (await issueCertificate(scope, action)) && report(scope, 'CertificateIssued', `${action.secret}: ${action.reason}`);
    case 'createPod':
      return (
        (await createOnce(() => context.client.create(pods, action.manifest))) &&
        report(scope, 'PodCreated', action.manifest.metadata.name, action.manifest.metadata.name)
      );
    case 'deletePod':
      return deletePod(scope, action);
    case 'refreshMounts':
      return refreshMounts(context.client, { ...action, namespace: effective.namespace });
    case 'dropVolume':
      return dropVolume(scope, action.node);
    case 'dropNodeObjects':
      return dropNodeObjects(scope, action.node);
    case 'recordKeys':
      return recordKeys(scope, action);
    case 'recordGenesis':
      return (
        (await createOnce(() => recordGenesis(scope, action.text))) && report(scope, 'GenesisWritten', `genesis of ${effective.chainId}`)
      );
    case 'handOverEngine':
      return handOverEngine(scope, action.to);
    case 'proposeValidator':
      return proposeValidator(scope, action);
    case 'proposeProtocol':
      return proposeProtocol(scope, action);
    case 'reserveKey':
      return (
        (await reserveKey(scope, action)) &&
        report(scope, 'KeyReserved', `the consensus key of ${action.node} is reserved for it`, action.node)
      );
    case 'passReservation':
      return (
        (await passReservation(scope, action)) &&
        report(scope, 'KeyReserved', `the key of ${action.node} passes to its new pod: the former one is gone`, action.node)
      );
    case 'dropReservation':
      return (
        (await dropReservation(scope, action)) &&
        report(scope, 'KeyReleased', `${action.reservation.holder} and its pod are gone: its key is free`)
      );
    case 'grantSigning':
      return grantSigning(scope, action);
    case 'addAuthority':
    case 'advanceAuthority':
    case 'dropAuthority':
      return rollAuthority(scope, action);
    case 'orderNode':
      return orderNode(scope, action);
    case 'setRelease':
      return setRelease(scope, action);
    case 'withdrawGrant':
      return unlessShut(scope, () => withdrawGrant(scope, action));
    case 'stopPod':
      return stopPod(scope, action);
    default:
      return performOptional(scope, action);
  }
}

async function deletePod(scope: ActionContext, action: Extract<NetworkAction, { type: 'deletePod' }>): Promise<boolean> {
  const isDone = await unlessShut(scope, () => replacePod(scope, action));
  return isDone && report(scope, 'PodDeleted', `${action.name}: ${action.reason}`, action.name);
}

/** What takes a node from its chain, done by the leader alone; false when the validators, asked once more, cannot do without it. */
async function unlessShut({ context, network, log }: ActionContext, take: () => Promise<Deferral | undefined>): Promise<boolean> {
  if (!context.isLeader()) return false;
  const shut = await take();
  if (shut !== undefined) log.warn({ network: network.metadata.name, reason: shut.reason }, shut.message);
  return shut === undefined;
}

/** True when it was made now; false when an earlier run, or the cache's lag, was faster. */
async function createOnce(create: () => Promise<KubeObject>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return false;
    throw error;
  }
}

async function applyManifest({ applier, workspace, context }: ActionContext, manifest: Manifest): Promise<boolean> {
  const key = `${manifest.metadata.namespace}/${manifest.metadata.name}`;
  const store = manifest.kind === 'LedgerNode' ? context.caches.nodes.store : storeOf(workspace, manifest.kind);
  const observed = store?.get(key);
  return (await applier.apply(resourceOf(manifest), manifest, observed)).written;
}

/** The key stands on record before it is granted anything: two LedgerNodes with one key are seen, and neither is granted. */
async function recordKeys(scope: ActionContext, action: Extract<NetworkAction, { type: 'recordKeys' }>): Promise<boolean> {
  const { applier, effective, context } = scope;
  const observed = context.caches.nodes.store.get(`${effective.namespace}/${action.node}`);
  const { podUID, consensusPublicKey, nextConsensusPublicKey: next, engineNodeId, rekeyed, bornProtocolMax: born } = action;
  const release = { ...(engineNodeId === '' ? {} : { engineNodeId }), ...(born === undefined ? {} : { bornProtocolMax: born }) };
  const { nextConsensusPublicKey: _, bornProtocolMax: __, ...before } = observed?.status ?? {};
  const rekey = { ...(next === undefined ? {} : { nextConsensusPublicKey: next }), ...(rekeyed === undefined ? {} : { rekeyed }) };
  const status = { ...before, podUID, consensusPublicKey, ...rekey, ...release, organisations: [...action.organisations] };
  const metadata = { name: action.node, namespace: effective.namespace };
  await applier.applyStatus(ledgerNodes, { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerNode', metadata, ...{ status } }, undefined);
  return report(scope, 'KeysRecorded', `${action.node} reported its public keys`, action.node);
}

function recordGenesis({ context, network, effective }: ActionContext, text: string): Promise<KubeObject> {
  const name = genesisRecordName(networkNameOf(network.metadata));
  const labels = { ...MANAGED_BY, [LABELS.network]: network.metadata.name };
  const metadata = { name, namespace: SYSTEM_NAMESPACE, labels, annotations: { [ANNOTATIONS.engine]: effective.engine } };
  return context.client.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    ...{ data: { 'genesis.json': text }, immutable: true },
  });
}

async function grantSigning(scope: ActionContext, action: Extract<NetworkAction, { type: 'grantSigning' }>): Promise<boolean> {
  const { context, effective } = scope;
  if (!context.isLeader()) return false;
  const connection = await connectNode(context, effective, effective.chainId, action.node);
  const keyHash = base64urlDecode(action.keyHash);
  if (connection === undefined || keyHash === undefined) return false;
  const { admin } = connection;
  await callNode(admin.grantSigning.bind(admin), { keyHash, podUid: action.podUID, granted: true });
  return report(scope, 'SigningGranted', `${action.node} may sign`, action.node);
}

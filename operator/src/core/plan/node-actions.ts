import { base64urlEncode, type Sha256, utf8Encode } from '@civitas/canon';
import { nodeConfigText } from '../desired/network-objects.ts';
import { nodePod } from '../desired/node-pod.ts';
import { placementText } from '../desired/placement.ts';
import type { EffectiveNetwork, EffectiveNode } from './effective-network.ts';
import { keyHashOf } from './genesis-record.ts';
import { type Fence, fenceOf } from './key-fence.ts';
import { planMountRefresh } from './mount-refresh.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import type { OperationOrders } from './operation-orders.ts';
import type { StalePod } from './replacement-plan.ts';
import { validatorKeys } from './validator-set.ts';

/** What one node needs now. */
export interface NodePlan {
  readonly actions: readonly NetworkAction[];
  readonly stale: StalePod | undefined;
  /** Another node holds this one's key: `namespace/node`. */
  readonly duplicateOf: string | undefined;
}

const NOTHING: NodePlan = { actions: [], stale: undefined, duplicateOf: undefined };

export function planNode(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  node: EffectiveNode,
  { sha256, restart }: { readonly sha256: Sha256; readonly restart: OperationOrders['restart'] },
): NodePlan {
  const seen = observed.nodes[node.name];
  const configHash = base64urlEncode(sha256(utf8Encode(`${nodeConfigText(network, node)}${placementText(node)}`)));
  if (seen?.pod === undefined) return { ...NOTHING, actions: [{ type: 'createPod', manifest: nodePod(network, node, configHash) }] };
  const { pod } = seen;
  if (pod.deleting) return NOTHING;
  const reason = staleReason(network, pod, configHash) ?? (restart.get(node.name) === pod.uid ? 'an operation asks for it' : undefined);
  const stale = reason === undefined ? undefined : { node, pod: { name: pod.name, uid: pod.uid }, reason };
  if (pod.finished) return { ...NOTHING, stale };
  const mounted = { genesis: observed.genesisMounted, peers: observed.peersMounted };
  const keys = [...keyActions(node.name, seen), ...planMountRefresh(seen, mounted, { nowUnixMs: observed.nowUnixMs, sha256 })];
  // One that stands still by order, or that is to drop its ledger first, is granted nothing.
  if (node.fenced === true || pod.rebuild !== node.rebuild) return { ...NOTHING, actions: keys, stale };
  const signing = planSigning(observed, network, seen, sha256);
  return { actions: [...keys, ...signing.actions], stale, duplicateOf: signing.duplicateOf };
}

function staleReason(network: EffectiveNetwork, pod: NonNullable<ObservedNode['pod']>, configHash: string): string | undefined {
  if (pod.finished) return 'its processes have ended';
  if (pod.configHash !== configHash) return 'its configuration changed';
  if (network.isReleaseHeld || pod.image === undefined || pod.image === network.nodeImage) return undefined;
  return `it is to run version ${network.version}`;
}

function keyActions(node: string, { ledgerNode, pod, answer }: ObservedNode): readonly NetworkAction[] {
  if (answer?.keys === undefined || pod === undefined || ledgerNode === undefined) return [];
  const { spec, status } = ledgerNode;
  const { consensusPublicKey, nextConsensusPublicKey: next } = answer.keys;
  const isKnown = status?.podUID === pod.uid && status.consensusPublicKey === consensusPublicKey && status.nextConsensusPublicKey === next;
  if (spec.rekey !== undefined && isKnown && status.engineNodeId !== undefined) return [];
  // It runs with the key that it had reported as its next one.
  const hasGoneOn = spec.rekey !== undefined && status?.nextConsensusPublicKey === consensusPublicKey;
  const rekeyed = hasGoneOn ? spec.rekey : status?.rekeyed;
  return [{ type: 'recordKeys', node, ...answer.keys, podUID: pod.uid, ...(rekeyed === undefined ? {} : { rekeyed }) }];
}

/**
 * A grant is given only for a key that this LedgerNode holds on record and that is reserved for it and this pod. An engine follows the
 * chain under it also before its key is in the validator set, and on an observer for ever; the embedded engine makes blocks at once,
 * so it gets one only for the key of the genesis.
 */
function planSigning(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  { answer, pod, ledgerNode }: ObservedNode,
  sha256: Sha256,
): Pick<NodePlan, 'actions' | 'duplicateOf'> {
  const key = ledgerNode?.status?.consensusPublicKey;
  if (pod === undefined || ledgerNode === undefined || key === undefined || observed.genesisRecord === undefined) return NOTHING;
  if (ledgerNode.status?.podUID !== pod.uid) return NOTHING;
  const holder = { nodeUID: ledgerNode.metadata.uid, podUID: pod.uid };
  const keyHash = keyHashOf(key, sha256);
  const fence = fenceOf(observed, keyHash, holder);
  if (fence.state === 'duplicate') return { actions: [], duplicateOf: fence.holder };
  if (network.engine === 'embedded' && !validatorKeys(observed).includes(key)) return NOTHING;
  if (fence.state !== 'held')
    return { actions: [fenceAction(fence, { node: ledgerNode.metadata.name, keyHash, ...holder })], duplicateOf: undefined };
  const isAsking = answer?.phase === 'AwaitingGrant' && !answer.signing;
  const node = ledgerNode.metadata.name;
  const grant: readonly NetworkAction[] = isAsking ? [{ type: 'grantSigning', node, podUID: pod.uid, keyHash }] : [];
  const next = nextKeyFence(observed, ledgerNode, holder, sha256);
  if (next?.fence.state === 'duplicate') return { actions: grant, duplicateOf: next.fence.holder };
  const reserved =
    next === undefined || next.fence.state === 'held' ? [] : [fenceAction(next.fence, { node, keyHash: next.keyHash, ...holder })];
  return { actions: [...grant, ...reserved], duplicateOf: undefined };
}

/** The key that it is to go on under is reserved for it before anybody proposes it. */
function nextKeyFence(
  observed: ObservedNetwork,
  { status }: NonNullable<ObservedNode['ledgerNode']>,
  holder: { readonly nodeUID: string; readonly podUID: string },
  sha256: Sha256,
): { readonly fence: Fence; readonly keyHash: string } | undefined {
  if (status?.nextConsensusPublicKey === undefined) return undefined;
  const keyHash = keyHashOf(status.nextConsensusPublicKey, sha256);
  return { fence: fenceOf(observed, keyHash, holder), keyHash };
}

function fenceAction(
  fence: Exclude<Fence, { state: 'held' | 'duplicate' }>,
  holder: { readonly node: string; readonly nodeUID: string; readonly podUID: string; readonly keyHash: string },
): NetworkAction {
  switch (fence.state) {
    case 'free':
      return { type: 'reserveKey', ...holder };
    case 'passes':
      return { type: 'passReservation', reservation: fence.reservation, node: holder.node, podUID: holder.podUID };
    case 'abandoned':
      return { type: 'dropReservation', reservation: fence.reservation };
  }
}

import type { BackupReference, BackupTarget } from '../resources/backup-target.ts';
import type { LedgerNode } from '../resources/ledger-node.ts';
import type { LedgerRestoreStatus } from '../resources/ledger-restore.ts';
import type { NodeOrder } from './network-action.ts';

/** What decides whether one node may be rebuilt from a backup, and how far it is. */
export interface ObservedNodeRestore {
  /** Of the LedgerRestore: the word that the node is told. */
  readonly uid: string;
  readonly networkRef: string;
  readonly node: string;
  /** Undefined while there is no such network or it has no genesis. */
  readonly chain: { readonly chainId: string; readonly genesisHash: string; readonly engine: 'embedded' | 'cometbft' } | undefined;
  /** All LedgerNodes of the network. */
  readonly nodes: readonly LedgerNode[];
  /** Rebuild that the node's pod was made for, and what its first container waits for; '' for nothing. */
  readonly pod: { readonly rebuild: string | undefined; readonly waitsFor: string } | undefined;
}

export type NodeRestoreStep =
  | { readonly type: 'wait' | 'refuse' | 'done'; readonly reason: string; readonly message: string }
  /** Everything before holds: the backup may be verified, and then the node told. */
  | { readonly type: 'go' }
  | { readonly type: 'order'; readonly order: NodeOrder };

const GO: NodeRestoreStep = { type: 'go' };

/** Whether the node may be rebuilt at all. Nothing is taken from one that its network counts on. */
export function mayRestoreNode({ networkRef, node, chain, nodes, uid }: ObservedNodeRestore): NodeRestoreStep {
  if (chain === undefined)
    return { type: 'wait', reason: 'NetworkUnknown', message: `there is no LedgerNetwork ${networkRef} with a genesis` };
  const target = nodes.find(({ metadata }) => metadata.name === node);
  if (target === undefined) return { type: 'refuse', reason: 'NodeUnknown', message: `${node} is no node of ${networkRef}` };
  if (target.spec.rebuild === uid) return GO;
  if (chain.engine === 'embedded')
    return {
      type: 'refuse',
      reason: 'NoPeers',
      message: `${node} alone makes the blocks of ${networkRef}: nobody could tell it what it has signed since the backup. Found a new network from it`,
    };
  if (target.spec.fenced !== true)
    return { type: 'refuse', reason: 'NotFenced', message: `${node} is not fenced: its ledger is dropped only once nobody counts on it` };
  if (target.status?.signing === true)
    return {
      type: 'wait',
      reason: 'FenceUnderWay',
      message: `${node} still signs: it is fenced as soon as the others are a quorum without it`,
    };
  const peers = nodes.filter((other) => other !== target && other.spec.fenced !== true);
  if (peers.length === 0)
    return {
      type: 'wait',
      reason: 'NoPeers',
      message: `every other node of ${networkRef} is fenced: nobody has the blocks after the backup`,
    };
  return GO;
}

/** What is next once the backup is verified. */
export function stepOfNodeRestore(observed: ObservedNodeRestore, target: BackupTarget, status: LedgerRestoreStatus): NodeRestoreStep {
  const may = mayRestoreNode(observed);
  const { chain, nodes, node, uid, pod } = observed;
  const own = nodes.find(({ metadata }) => metadata.name === node);
  if (own === undefined || chain === undefined) return may;
  if (own.spec.rebuild === uid) return progressOf(own, pod, { uid, height: status.height ?? 0 });
  if (status.orderedAt !== undefined)
    return { type: 'refuse', reason: 'Superseded', message: `${node} was told something else meanwhile: a later operation says so` };
  if (may.type !== 'go') return may;
  const { folder, chainId, genesisHash, height, appHash } = status;
  if (folder === undefined || chainId === undefined || genesisHash === undefined || height === undefined || appHash === undefined)
    return { type: 'refuse', reason: 'BackupUnreadable', message: 'the backup does not say what it is of' };
  if (chainId !== chain.chainId || genesisHash !== chain.genesisHash)
    return {
      type: 'refuse',
      reason: 'AnotherChain',
      message: `the backup is of ${chainId} with genesis ${genesisHash}, ${observed.networkRef} is ${chain.chainId} with genesis ${chain.genesisHash}`,
    };
  const head = Math.max(0, ...nodes.filter((other) => other !== own).map((other) => other.status?.height ?? 0));
  if (head <= height)
    return {
      type: 'wait',
      reason: 'BackupAhead',
      message: `no other node has the block after ${height} yet: the highest of them is at ${head}`,
    };
  const restoreFrom: BackupReference = { target, folder, chainId, genesisHash, height, appHash };
  return { type: 'order', order: { fenced: false, rebuild: uid, restoreFrom } };
}

function progressOf(
  { metadata: { name }, spec, status }: LedgerNode,
  pod: ObservedNodeRestore['pod'],
  { uid, height }: { readonly uid: string; readonly height: number },
): NodeRestoreStep {
  if (spec.restoreFrom === undefined)
    return { type: 'done', reason: 'Complete', message: `${name} stands at the head again, from the backup after block ${height} on` };
  if (pod?.rebuild !== uid) return { type: 'wait', reason: 'CatchingUp', message: `${name} is to get a pod that takes up the backup` };
  if (pod.waitsFor !== '') return { type: 'wait', reason: 'CatchingUp', message: `${name} waits: ${pod.waitsFor}` };
  const at = (status?.height ?? 0) > height ? ` and is at block ${status?.height}` : '';
  return {
    type: 'wait',
    reason: 'CatchingUp',
    message: `${name} took up the backup after block ${height}${at}; its peers give it the rest`,
  };
}

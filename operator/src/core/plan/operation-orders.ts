import type { LedgerOperation, OperationType } from '../resources/ledger-operation.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { NetworkAction } from './network-action.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { unixMsOf } from './time-text.ts';
import { bytesOf, largerSize } from './volume-size.ts';

/** What the operations that have begun ask of the network. Read from their recorded status alone, so it is the same after a crash. */
export interface OperationOrders {
  /** Pods to be made anew although nothing about them has changed, by node: the UID that is to go. */
  readonly restart: ReadonlyMap<string, string>;
  /** Nodes that may be made anew now, whatever strategy and windows say. */
  readonly demanded: ReadonlySet<string>;
  /** Certificates of these nodes that were issued before are to be issued anew. */
  readonly certificatesBefore: ReadonlyMap<string, number>;
  /** Least size of the volumes of these nodes. */
  readonly volumeSizes: ReadonlyMap<string, string>;
  /** The authority is to be rolled over on behalf of this operation. */
  readonly authority: { readonly operationUID: string; readonly overlapMs: number } | undefined;
  readonly actions: readonly NetworkAction[];
}

const DEFAULT_OVERLAP_SECONDS = 3600;

/** These only set what a node is asked for, so they wait for no other operation. */
export const AT_ONCE: readonly OperationType[] = ['Fence', 'Unfence'];

export function isRunning({ status }: LedgerOperation): boolean {
  return status?.startedAt !== undefined && status.finishedAt === undefined;
}

/** Oldest first; those made in one second by name. */
export function operationsOf(observed: ObservedNetwork): readonly LedgerOperation[] {
  const text = ({ metadata }: LedgerOperation): string => `${metadata.creationTimestamp} ${metadata.name}`;
  return [...(observed.operations ?? [])].sort((left, right) => (text(left) < text(right) ? -1 : 1));
}

export function operationOrders(observed: ObservedNetwork, network: EffectiveNetwork): OperationOrders {
  const restart = new Map<string, string>();
  const demanded = new Set<string>();
  const certificatesBefore = new Map<string, number>();
  const volumeSizes = new Map<string, string>();
  const actions: NetworkAction[] = [];
  let authority: OperationOrders['authority'];
  for (const operation of operationsOf(observed).filter(isRunning)) {
    const { spec, status, metadata } = operation;
    // An operation that is being aborted or deleted asks for nothing more, but for the version to go back to what it was.
    if (spec.abort === true || metadata.deletionTimestamp !== undefined) {
      if (spec.abort === true) actions.push(...releaseBack(network, operation));
      continue;
    }
    for (const { node, from, state } of status?.plan ?? []) {
      if (state === 'Done') continue;
      if (spec.type === 'Restart' || spec.type === 'Upgrade' || spec.type === 'RebuildNode') demanded.add(node);
      if (spec.type === 'Restart' && from !== undefined) restart.set(node, from);
      if (spec.type === 'RotateCertificates') certificatesBefore.set(node, unixMsOf(status?.startedAt) ?? 0);
      if (spec.type === 'ExpandStorage') volumeSizes.set(node, largerSize(spec.storageSize ?? '', volumeSizes.get(node)));
      if (!isOverruled(observed, operation, node)) actions.push(...nodeOrders(observed, operation, node));
    }
    if (spec.type === 'Upgrade') actions.push(...releaseOrder(network, operation));
    if (spec.type === 'RotateCA')
      authority = { operationUID: metadata.uid, overlapMs: (spec.overlapSeconds ?? DEFAULT_OVERLAP_SECONDS) * 1000 };
  }
  return { restart, demanded, certificatesBefore, volumeSizes, authority, actions };
}

const SETS_FENCE: readonly OperationType[] = ['Fence', 'Unfence', 'RebuildNode'];

/** Whether a later operation that has begun says whether this node is fenced: of two that differ the last one holds. */
export function isOverruled(observed: ObservedNetwork, operation: LedgerOperation, node: string): boolean {
  if (!SETS_FENCE.includes(operation.spec.type)) return false;
  const all = operationsOf(observed);
  const later = all.slice(all.findIndex(({ metadata }) => metadata.uid === operation.metadata.uid) + 1);
  return later.some(
    (other) =>
      isRunning(other) && other.spec.abort !== true && SETS_FENCE.includes(other.spec.type) && other.spec.nodes?.includes(node) === true,
  );
}

/** Fences, and rebuilds, are written into the LedgerNode, where they stand on their own. */
function nodeOrders(observed: ObservedNetwork, { spec, metadata }: LedgerOperation, node: string): readonly NetworkAction[] {
  const asked = observed.nodes[node]?.ledgerNode?.spec;
  if (asked === undefined) return [];
  switch (spec.type) {
    case 'Fence':
      return asked.fenced === true ? [] : [{ type: 'orderNode', node, order: { fenced: true } }];
    case 'Unfence':
      return asked.fenced === true ? [{ type: 'orderNode', node, order: { fenced: false } }] : [];
    case 'RebuildNode':
      // In one write: a node that were let go before it is told to rebuild would go on with what it has.
      // A backup that an earlier order named has nothing to do with this one.
      return asked.rebuild === metadata.uid
        ? []
        : [{ type: 'orderNode', node, order: { fenced: false, rebuild: metadata.uid, restoreFrom: null } }];
    default:
      return [];
  }
}

/** The version goes into the spec, from where nodes take it like any other change of it. */
function releaseOrder(network: EffectiveNetwork, { spec, status }: LedgerOperation): readonly NetworkAction[] {
  if (spec.version === undefined || network.version !== status?.fromVersion || network.version === spec.version) return [];
  return [{ type: 'setRelease', version: spec.version, from: network.version }];
}

function releaseBack(network: EffectiveNetwork, { spec, status }: LedgerOperation): readonly NetworkAction[] {
  const { fromVersion } = status ?? {};
  if (spec.version === undefined || fromVersion === undefined || fromVersion === spec.version || network.version !== spec.version)
    return [];
  return [{ type: 'setRelease', version: fromVersion, from: spec.version }];
}

/** An operation's size, or the one that is asked for already when that is more. */
export function orderedSize(orders: OperationOrders, node: string, size: string): string {
  const ordered = orders.volumeSizes.get(node);
  return ordered !== undefined && bytesOf(ordered) !== undefined ? largerSize(size, ordered) : size;
}

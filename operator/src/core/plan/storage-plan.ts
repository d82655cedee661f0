import type { EffectiveNetwork, EffectiveNode } from './effective-network.ts';
import { STORAGE_ALARM_PERCENT, VOLUME_OWN_LEAST, VOLUME_OWN_MOST } from './limits.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { type OperationOrders, orderedSize } from './operation-orders.ts';
import { bytesOf, largerSize, sizeText } from './volume-size.ts';

/** The network with the size that each volume is to have: what was asked for, what an operation asks for, what it has, or grown. */
export function withVolumeSizes(observed: ObservedNetwork, network: EffectiveNetwork, orders: OperationOrders): EffectiveNetwork {
  const nodes = network.nodes.map((node): EffectiveNode => {
    const volume = observed.nodes[node.name]?.volume;
    const asked = orderedSize(orders, node.name, node.storageSize);
    const storageSize = largerSize(largerSize(asked, volume?.requested), grownSize(observed.nodes[node.name], node));
    // The class of a volume that there is cannot change, and what was applied with one must name it for ever.
    const { storageClass: _, ...rest } = node;
    const storageClass = volume === undefined ? node.storageClass : volume.storageClass;
    return { ...rest, storageSize, ...(storageClass === undefined ? {} : { storageClass }) };
  });
  return { ...network, nodes };
}

/** Share of the node's volume in use, whole percent; undefined while it has not said. */
export function usedPercent({ answer }: Pick<ObservedNode, 'answer'>): number | undefined {
  const { volumeBytes = 0, volumeFreeBytes = 0 } = answer ?? {};
  return volumeBytes === 0 ? undefined : Math.min(100, Math.max(0, Math.round(((volumeBytes - volumeFreeBytes) / volumeBytes) * 100)));
}

/**
 * What a volume that fills up grows to; undefined when it does not. Only a file system that is as large as the volume is asked to be is the
 * volume's own, and has arrived at its last growth: another one says nothing of what the volume needs.
 */
export function grownSize(seen: ObservedNode | undefined, { autoGrow }: EffectiveNode): string | undefined {
  if (seen === undefined || autoGrow === undefined) return undefined;
  const used = usedPercent(seen);
  const [requestedBytes, maxBytes] = [bytesOf(seen.volume?.requested), bytesOf(autoGrow.max)];
  if (used === undefined || requestedBytes === undefined || maxBytes === undefined) return undefined;
  const share = (seen.answer?.volumeBytes ?? 0) / requestedBytes;
  if (used < autoGrow.percent || share < VOLUME_OWN_LEAST || share > VOLUME_OWN_MOST) return undefined;
  return sizeText(Math.min(maxBytes, requestedBytes * (1 + autoGrow.stepPercent / 100)));
}

/** The fullest volume and what is wrong with any of them. */
export interface StorageFindings {
  readonly fullest: { readonly node: string; readonly usedPercent: number } | undefined;
  readonly problem: { readonly reason: 'ExpansionRefused' | 'AtMaximum' | 'AlmostFull'; readonly message: string } | undefined;
  /** Volumes that have not arrived at the size they are to have. */
  readonly resizing: readonly string[];
}

export function storageFindings(observed: ObservedNetwork, network: EffectiveNetwork): StorageFindings {
  let fullest: StorageFindings['fullest'];
  let problem: StorageFindings['problem'];
  const resizing: string[] = [];
  for (const node of network.nodes) {
    const seen = observed.nodes[node.name];
    if (seen === undefined) continue;
    const used = usedPercent(seen);
    if (used !== undefined && used > (fullest?.usedPercent ?? -1)) fullest = { node: node.name, usedPercent: used };
    problem ??= problemOf(node, seen, used);
    if (isResizing(seen)) resizing.push(node.name);
  }
  return { fullest, problem, resizing };
}

/** True until the volume has the size that was asked for; where the cluster does not say, it has. */
export function isResizing({ volume }: ObservedNode): boolean {
  const [requested, capacity] = [bytesOf(volume?.requested), bytesOf(volume?.capacity)];
  return requested !== undefined && capacity !== undefined && capacity < requested;
}

function problemOf(node: EffectiveNode, seen: ObservedNode, used: number | undefined): StorageFindings['problem'] {
  const { volume } = seen;
  if (volume?.problem !== undefined)
    return { reason: 'ExpansionRefused', message: `${node.name}: its volume does not grow: ${volume.problem}` };
  if (used === undefined || used < STORAGE_ALARM_PERCENT) return undefined;
  const isAtMaximum = node.autoGrow !== undefined && (bytesOf(volume?.requested) ?? 0) >= (bytesOf(node.autoGrow.max) ?? 0);
  return isAtMaximum
    ? { reason: 'AtMaximum', message: `${node.name}: ${used} % of its volume are in use, and autoGrow.max is ${node.autoGrow?.max}` }
    : { reason: 'AlmostFull', message: `${node.name}: ${used} % of its volume are in use` };
}

import type { Deferral } from './deferral.ts';
import type { EffectiveNetwork, EffectiveNode, Problem } from './effective-network.ts';
import { withStateSync } from './joining-nodes.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { type OperationOrders, operationOrders } from './operation-orders.ts';
import { releaseInForce } from './release-plan.ts';
import { remoteSignerOf } from './remote-signers.ts';
import { withVolumeSizes } from './storage-plan.ts';

/** A network as its nodes are to be made now. */
export interface NetworkUnderOrders {
  readonly effective: EffectiveNetwork;
  readonly orders: OperationOrders;
  /** The release that is asked for may not be run, so the one in force stays. */
  readonly deferral: Deferral | undefined;
  /** It may not be run, and there is none in force that could stay. */
  readonly problem: Problem | undefined;
}

/** A node that has had a block has what its chain was born with, unless it drops it; and from then on it needs neither bucket nor claim. */
function originOf({ origin }: EffectiveNetwork, seen: ObservedNode | undefined): Pick<EffectiveNode, 'origin'> {
  const { spec, status } = seen?.ledgerNode ?? {};
  const hasIt = seen?.volume !== undefined && (status?.height ?? 0) > 0 && spec?.rebuild === status?.rebuilt;
  return origin === undefined || hasIt ? {} : { origin };
}

/** Adds to what the spec asks for what stands in the LedgerNodes, what operations ask for, and which release is in force. */
export function underOrders(observed: ObservedNetwork, network: EffectiveNetwork): NetworkUnderOrders {
  const nodes = network.nodes.map((node): EffectiveNode => {
    const { fenced, rebuild, restoreFrom, rekey } = observed.nodes[node.name]?.ledgerNode?.spec ?? {};
    const isRebuilt = rebuild !== undefined && network.engine === 'cometbft';
    const ofBirth = originOf(network, observed.nodes[node.name]);
    const isRestored = isRebuilt && restoreFrom !== undefined;
    const order = { ...(isRebuilt ? { rebuild } : {}), ...(isRestored ? { restoreFrom } : ofBirth) };
    const isRekeyed = rekey !== undefined && network.engine === 'cometbft';
    const signer = remoteSignerOf(observed, network.engine, node.name);
    return { ...node, ...(fenced === true ? { fenced } : {}), ...order, ...(isRekeyed ? { rekey } : {}), ...signer };
  });
  const synced = withStateSync({ ...network, nodes }, observed.genesisRecord);
  const asked = operationOrders(observed, synced);
  // What a person asked for by a LedgerRestore waits for no window either.
  const restored = nodes.flatMap(({ name, restoreFrom }) => (restoreFrom === undefined ? [] : [name]));
  const orders = { ...asked, demanded: new Set([...asked.demanded, ...restored]) };
  const sized = withVolumeSizes(observed, synced, orders);
  const release = releaseInForce(observed, sized);
  if (!('image' in release)) return { effective: sized, orders, deferral: release, problem: release };
  const { image, deferral } = release;
  return { effective: { ...sized, nodeImage: image, isReleaseHeld: deferral !== undefined }, orders, deferral, problem: undefined };
}

import { type PeerDocument, PORTS } from '@civitas/deployment';
import { externalPeers } from '../desired/join-bundle.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import { genesisFromText } from './genesis-record.ts';
import type { ObservedNetwork } from './observed-network.ts';

/**
 * The peers document of a network; undefined while a node of the genesis is missing in it: a list without one of them would have the
 * others start apart. Newcomers stand in it once they have reported.
 */
export function planPeers(observed: ObservedNetwork, network: EffectiveNetwork): readonly PeerDocument[] | undefined {
  if (network.engine !== 'cometbft' || observed.genesisRecord === undefined) return undefined;
  const peers = network.nodes.flatMap(({ name }): PeerDocument[] => {
    const { address, ledgerNode } = observed.nodes[name] ?? {};
    const nodeId = ledgerNode?.status?.engineNodeId;
    if (address === undefined || nodeId === undefined) return [];
    return [{ node: name, nodeId, host: address, p2pPort: PORTS.p2p, grpcPort: PORTS.grpc }];
  });
  const founders = new Set(genesisFromText(observed.genesisRecord).validators.map(({ node }) => node));
  const missing = network.nodes.some(({ name }) => founders.has(name) && !peers.some(({ node }) => node === name));
  return missing ? undefined : [...peers, ...externalPeers(observed.network.spec.externalMembers ?? [])];
}

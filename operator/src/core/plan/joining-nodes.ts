import type { EffectiveNetwork } from './effective-network.ts';
import { genesisFromText } from './genesis-record.ts';

/**
 * Says which nodes start from a snapshot of their peers: on real consensus those that the genesis does not name as validators. Validators
 * of the genesis have no one to join, but for one whose ledger is rebuilt. A node whose peers keep no snapshot yet starts from the first block by itself, so this needs no
 * height and stays the same for a node's life: a configuration that changes makes the pod anew.
 *
 * @param genesisRecord canonical text; undefined before birth, when every validator is to be named in it.
 */
export function withStateSync(network: EffectiveNetwork, genesisRecord: string | undefined): EffectiveNetwork {
  if (network.engine !== 'cometbft') return network;
  const founders = genesisRecord === undefined ? undefined : new Set(genesisFromText(genesisRecord).validators.map(({ node }) => node));
  const isFounder = ({ name, role }: EffectiveNetwork['nodes'][number]): boolean =>
    role === 'validator' && (founders === undefined || founders.has(name));
  return {
    ...network,
    nodes: network.nodes.map((node) => (isFounder(node) && node.rebuild === undefined ? node : { ...node, stateSync: true })),
  };
}

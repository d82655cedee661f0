import type { NodeConfig } from '@civitas/deployment';
import type { EffectiveNetwork, EffectiveNode } from '../plan/effective-network.ts';

/** `config.json` of one node. The first node hosts every organisation's gateway; the others host none. */
export function nodeConfigOf(network: EffectiveNetwork, node: EffectiveNode): NodeConfig {
  const gateways = node.ordinal === 0 ? network.members : [];
  return {
    schemaVersion: 1,
    role: 'serve',
    network: network.name,
    chainId: network.chainId,
    city: network.city,
    domain: network.domain,
    node: node.name,
    organisation: node.organisation,
    engine: network.engine,
    gateways: gateways.map(({ organisation, approvalPolicy }) => ({ organisation, approvalPolicy })),
    emptyBlockIntervalMs: network.emptyBlockIntervalMs,
    bundleWaitMs: network.bundleWaitMs,
    logLevel: network.logLevel,
  };
}

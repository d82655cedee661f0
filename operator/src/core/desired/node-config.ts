import type { GatewayConfig, NodeConfig } from '@civitas/deployment';
import type { EffectiveNetwork, EffectiveNode } from '../plan/effective-network.ts';
import { VAULT_ORDINAL } from './names.ts';

/**
 * `config.json` of one node. The first node hosts every organisation's vault; each other one only orders bundles, under an
 * operation key of its own organisation.
 */
export function nodeConfigOf(network: EffectiveNetwork, node: EffectiveNode): NodeConfig {
  const gateways: readonly GatewayConfig[] =
    node.ordinal === VAULT_ORDINAL
      ? network.members.map(({ organisation, approvalPolicy }) => ({ organisation, approvalPolicy }))
      : [{ organisation: node.organisation, approvalPolicy: 'manual', vault: false }];
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
    gateways,
    emptyBlockIntervalMs: network.emptyBlockIntervalMs,
    bundleWaitMs: network.bundleWaitMs,
    logLevel: network.logLevel,
    ...(network.retention === undefined ? {} : { retention: network.retention }),
    ...(network.persons === undefined ? {} : { persons: network.persons }),
    ...(network.tracing === undefined ? {} : { tracing: network.tracing }),
    ...(node.stateSync === true ? { stateSync: true } : {}),
    ...(node.rebuild === undefined ? {} : { rebuild: node.rebuild }),
    ...(node.rekey === undefined ? {} : { rekey: node.rekey }),
    ...(node.remoteSigner === undefined ? {} : { remoteSigner: { publicKey: node.remoteSigner.publicKey, dials: 'tcp' } }),
  };
}

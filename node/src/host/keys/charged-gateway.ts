import type { NodeConfig } from '@civitas/deployment';
import type { NodeKeys, SigningKey } from './node-keys.ts';

/** The organisation that is charged for a node's bundles: its own where it is hosted here, else the first hosted one. */
export function chargedGateway(
  config: Pick<NodeConfig, 'organisation' | 'gateways'>,
  keys: Pick<NodeKeys, 'operation'>,
): { readonly organisation: string; readonly key: SigningKey } {
  const organisation = keys.operation.has(config.organisation) ? config.organisation : (config.gateways[0]?.organisation ?? '');
  const key = keys.operation.get(organisation);
  if (key === undefined) throw new Error('config.json names no gateway');
  return { organisation, key };
}

import { nodeCrypto } from '@civitas/canon/node';
import type { Genesis } from '@civitas/deployment';
import { genesisFromText, genesisHashOf } from '../../core/plan/genesis-record.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import type { PlatformLedger } from '../ledger/platform-operations.ts';
import { type OperatorContext, reachNetwork } from './operator-context.ts';

/** The ledger of a network as the platform acts on it; undefined before it serves. */
export async function platformLedger(
  context: OperatorContext,
  network: LedgerNetwork,
): Promise<(PlatformLedger & { readonly genesis: Genesis }) | undefined> {
  const reached = await reachNetwork(context, network);
  if (reached === undefined) return undefined;
  const { chainId, connection, genesisText } = reached;
  const key = await context.authorities.platformKey();
  return { chainId, connection, key, genesisHash: genesisHashOf(genesisText, nodeCrypto.sha256), genesis: genesisFromText(genesisText) };
}

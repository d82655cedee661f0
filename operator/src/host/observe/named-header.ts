import { nodeCrypto } from '@civitas/canon/node';
import type { TrustedHeader } from '../../core/plan/link-plan.ts';
import { isNamedHeader } from '../../core/plan/named-header.ts';
import { callNode, type NodeConnection } from '../ledger/node-connection.ts';

/** The light block of the header that was named, as a node shows it; undefined when it shows none of that height, or another one. */
export async function findNamedHeader(
  { snapshot }: Pick<NodeConnection, 'snapshot'>,
  named: TrustedHeader,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { lightBlocks } = await callNode(snapshot.getLightBlocks.bind(snapshot), { heights: [BigInt(named.height)] });
  const bytes = new Uint8Array(lightBlocks[0] ?? new Uint8Array(0));
  return isNamedHeader(nodeCrypto.sha256, bytes, named) ? bytes : undefined;
}

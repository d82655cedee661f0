import { base64urlEncode } from '@civitas/canon';
import type { ClosingFacts } from '../../core/desired/tombstone.ts';
import type { EffectiveNetwork } from '../../core/plan/effective-network.ts';
import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import { connectNode, type OperatorContext } from '../controllers/operator-context.ts';
import { askNode } from '../observe/observe-network.ts';
import { DRAIN_DEADLINE_MS } from './limits.ts';
import { callNode, type NodeConnection } from './node-connection.ts';

/** A record that every ledger has: its proof brings the newest header along. */
const SETTINGS_KEY = 'network.members/settings/network';

/**
 * Brings every node that answers to rest and asks where it stands: nothing is admitted any more and what was being executed is done.
 *
 * @returns what the node furthest ahead says, with the header that proves it where there is one; undefined when none answers.
 */
export async function closeLedger(
  context: OperatorContext,
  { nodes }: ObservedNetwork,
  effective: EffectiveNetwork,
): Promise<ClosingFacts | undefined> {
  const running = Object.entries(nodes).filter(([, { pod }]) => pod?.running === true && !pod.deleting);
  const closed = await Promise.all(running.map(([name]) => closeNode(context, effective, name)));
  const answers = closed.filter((one) => one !== undefined);
  const [first, ...others] = answers;
  if (first === undefined) return undefined;
  const furthest = others.reduce((best, one) => (one.height > best.height ? one : best), first);
  const { node, height, root, connection } = furthest;
  return { node, height, root, ...(await lastHeader(connection)) };
}

async function closeNode(
  context: OperatorContext,
  effective: EffectiveNetwork,
  node: string,
): Promise<{ readonly node: string; readonly height: number; readonly root: string; readonly connection: NodeConnection } | undefined> {
  const connection = await connectNode(context, effective, effective.chainId, node);
  if (connection === undefined) return undefined;
  const { admin } = connection;
  try {
    await callNode(admin.drain.bind(admin), {}, DRAIN_DEADLINE_MS);
  } catch (error) {
    context.log.warn({ node, error: error instanceof Error ? error.message : String(error) }, 'the node did not answer Drain');
  }
  const answer = await askNode(connection, false);
  return answer === undefined ? undefined : { node, height: answer.height, root: answer.root, connection };
}

async function lastHeader({ ledger }: NodeConnection): Promise<Pick<ClosingFacts, 'lightBlock' | 'lightBlockHeight'>> {
  try {
    const { lightBlock, headerHeight } = await callNode(ledger.read.bind(ledger), { key: SETTINGS_KEY, withProof: true, headerHeight: 0n });
    return { lightBlock: base64urlEncode(new Uint8Array(lightBlock)), lightBlockHeight: Number(headerHeight) };
  } catch {
    // A node before its first header, or one that has just gone: the tombstone then says a root and proves none.
    return { lightBlock: '', lightBlockHeight: 0 };
  }
}

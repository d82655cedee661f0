import type { EffectiveNetwork } from '../../core/plan/effective-network.ts';
import { connectNode, type OperatorContext } from '../controllers/operator-context.ts';
import { DRAIN_DEADLINE_MS } from './limits.ts';
import { callNode } from './node-connection.ts';

/** Lets what is being executed finish; a node that does not answer is stopped all the same. */
export async function drainNode(context: OperatorContext, effective: EffectiveNetwork, node: string): Promise<void> {
  const connection = await connectNode(context, effective, effective.chainId, node);
  if (connection === undefined) return;
  const { admin } = connection;
  try {
    await callNode(admin.drain.bind(admin), {}, DRAIN_DEADLINE_MS);
  } catch (error) {
    context.log.warn({ node, error: error instanceof Error ? error.message : String(error) }, 'the node did not answer Drain');
  }
}

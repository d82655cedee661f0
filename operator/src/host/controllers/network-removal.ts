import { persistentVolumeClaims, pods } from '@civitas/kube';
import { nodeDataName } from '../../core/desired/names.ts';
import type { NetworkPlan } from '../../core/plan/network-plan.ts';
import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import { callNode } from '../ledger/node-connection.ts';
import { connectNode, type OperatorContext } from './operator-context.ts';

/**
 * One step of a network's removal: links first, then pods, then, if asked for, volumes. Services, configuration and certificates
 * follow by owner reference; genesis record and authority stay, so that kept data can be taken up again under the same name.
 *
 * @returns true when nothing of it runs any more.
 */
export async function removeNetwork(context: OperatorContext, observed: ObservedNetwork, plan: NetworkPlan): Promise<boolean> {
  if (observed.genesisRecord !== undefined && observed.linkNames.length > 0) return false;
  const { effective } = plan;
  const remaining = Object.entries(observed.nodes).filter(([, { pod }]) => pod !== undefined);
  for (const [name, { pod }] of remaining) {
    if (pod === undefined || pod.deleting || !context.isLeader()) continue;
    await drainNode(context, plan, name);
    await context.client.delete(pods, { namespace: effective.namespace, name }, { uid: pod.uid });
    context.events.record(observed.network, { type: 'Normal', reason: 'PodDeleted', message: `${name}: the network is being removed` });
  }
  if (remaining.length > 0) return false;
  for (const node of effective.nodes) {
    context.connections.forget(`${effective.namespace}/${node.name}`);
    if (!effective.keepData)
      await context.client.delete(persistentVolumeClaims, { namespace: effective.namespace, name: nodeDataName(node.name) });
  }
  context.events.record(observed.network, {
    type: 'Normal',
    reason: effective.keepData ? 'DataRetained' : 'DataDeleted',
    message: effective.keepData
      ? 'volumes, keys and the genesis record are kept: the same name and chainId take them up again'
      : 'volumes are deleted, as deletionPolicy.data asks',
  });
  return true;
}

/** Lets what is being executed finish; a node that does not answer is stopped all the same. */
async function drainNode(context: OperatorContext, { effective }: NetworkPlan, node: string): Promise<void> {
  const connection = await connectNode(context, effective, effective.chainId, node);
  if (connection === undefined) return;
  const { admin } = connection;
  try {
    await callNode(admin.drain.bind(admin), {});
  } catch (error) {
    context.log.warn({ node, error: error instanceof Error ? error.message : String(error) }, 'the node did not answer Drain');
  }
}

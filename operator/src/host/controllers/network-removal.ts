import { persistentVolumeClaims, pods } from '@civitas/kube';
import { authorityName, genesisRecordName, nodeDataName, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import type { NetworkPlan } from '../../core/plan/network-plan.ts';
import { drainText } from '../../core/plan/network-status.ts';
import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import { callNode } from '../ledger/node-connection.ts';
import { consensusKeyReservations } from '../observe/custom-resources.ts';
import { connectNode, type OperatorContext } from './operator-context.ts';

/**
 * One step of a network's removal: links first, then pods, then, if asked for, volumes. Services, configuration and certificates
 * follow by owner reference; genesis record and authority stay, so that kept data can be taken up again under the same name.
 *
 * @returns true when nothing of it runs any more.
 */
export async function removeNetwork(context: OperatorContext, observed: ObservedNetwork, plan: NetworkPlan): Promise<boolean> {
  const { effective } = plan;
  if (observed.genesisRecord !== undefined && observed.openLinks.length > 0) {
    reportOnce(context, observed, { reason: 'Draining', message: drainText(observed.openLinks) });
    return false;
  }
  const remaining = Object.entries(observed.nodes).filter(([, { pod }]) => pod !== undefined);
  for (const [name, { pod }] of remaining) {
    if (pod === undefined || pod.deleting || !context.isLeader()) continue;
    await drainNode(context, plan, name);
    await context.client.delete(pods, { namespace: effective.namespace, name }, { uid: pod.uid });
    context.events.record(observed.network, { type: 'Normal', reason: 'PodDeleted', message: `${name}: the network is being removed` });
  }
  if (remaining.length > 0) return false;
  await releaseKeys(context, observed, plan);
  for (const node of effective.nodes) {
    context.connections.forget(`${effective.namespace}/${node.name}`);
    if (!effective.keepData)
      await context.client.delete(persistentVolumeClaims, { namespace: effective.namespace, name: nodeDataName(node.name) });
  }
  context.events.record(observed.network, { type: 'Normal', ...farewell(plan) });
  return true;
}

/** No pod of it is left, so nobody can sign with its keys: whoever takes the volumes up again may. */
async function releaseKeys(context: OperatorContext, observed: ObservedNetwork, { effective }: NetworkPlan): Promise<void> {
  const own = new Set(effective.nodes.map(({ name }) => `${effective.namespace}/${name}`));
  for (const { holder, name, uid } of Object.values(observed.reservations)) {
    if (own.has(holder) && context.isLeader()) await context.client.delete(consensusKeyReservations, { name }, { uid });
  }
}

/** What is kept and where, or that it is not. */
function farewell({ effective }: NetworkPlan): { readonly reason: string; readonly message: string } {
  const volumes = effective.nodes.map(({ name }) => nodeDataName(name)).join(', ');
  if (!effective.keepData)
    return { reason: 'DataDeleted', message: `volumes ${volumes} in ${effective.namespace} are deleted, as deletionPolicy.data asks` };
  const records = `ConfigMap ${genesisRecordName(effective)} and Secret ${authorityName(effective)} in ${SYSTEM_NAMESPACE}`;
  return {
    reason: 'DataRetained',
    message: `kept: volumes ${volumes} in ${effective.namespace}, ${records}; the same name and chainId take them up again`,
  };
}

/** An Event at the first step of a removal only: the condition carries what changes. */
function reportOnce(context: OperatorContext, { network }: ObservedNetwork, event: { reason: string; message: string }): void {
  const before = network.status?.conditions?.find(({ type }) => type === 'Progressing');
  if (before?.reason !== event.reason) context.events.record(network, { type: 'Normal', ...event });
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

import { base64urlDecode } from '@civitas/canon';
import { isApiError, pods } from '@civitas/kube';
import type { Deferral } from '../../core/plan/deferral.ts';
import type { NetworkAction } from '../../core/plan/network-action.ts';
import { stopShut, votersOf } from '../../core/plan/replacement-plan.ts';

import { connectNode } from '../controllers/operator-context.ts';
import { drainNode } from '../ledger/drain-node.ts';
import { callNode } from '../ledger/node-connection.ts';
import { ledgerNetworks, ledgerNodes } from '../observe/custom-resources.ts';
import type { ActionContext } from './action-context.ts';
import { lookAgain } from './replace-pod.ts';
import { report } from './report.ts';

type Action<Type extends NetworkAction['type']> = Extract<NetworkAction, { type: Type }>;

/** Writes a person's order into the LedgerNode, where it stands when the operation is long gone. */
export async function orderNode(scope: ActionContext, { node, order }: Action<'orderNode'>): Promise<boolean> {
  const { context, effective } = scope;
  await context.client.mergePatch(ledgerNodes, { namespace: effective.namespace, name: node }, { spec: order });
  if (order.restoreFrom === null && order.rebuild === undefined)
    return report(scope, 'NodeRestored', `${node} stands at the head: its backup is needed no more`, node);
  if (order.rebuild !== undefined) return report(scope, 'RebuildOrdered', `${node} is to take its ledger from its peers`, node);
  return report(scope, order.fenced === true ? 'FenceOrdered' : 'UnfenceOrdered', `${node}: spec.fenced is ${order.fenced === true}`, node);
}

/** The spec's version as an approved operation asks for it; a spec that changed meanwhile is looked at anew. */
export async function setRelease(scope: ActionContext, { version, from }: Action<'setRelease'>): Promise<boolean> {
  const { context, network } = scope;
  const { name, namespace, resourceVersion } = network.metadata;
  const patch = { metadata: { resourceVersion }, spec: { release: { version } } };
  await context.client.mergePatch(ledgerNetworks, { name, namespace: namespace ?? '' }, patch);
  return report(scope, 'ReleaseSet', `spec.release.version goes from ${from} to ${version}`);
}

/**
 * Takes the signing grant from a node, after the validators were asked once more.
 *
 * @returns why not, when the chain cannot do without it now.
 */
export async function withdrawGrant(scope: ActionContext, action: Action<'withdrawGrant'>): Promise<Deferral | undefined> {
  const { context, effective } = scope;
  const now = await lookAgain(scope);
  const shut = stopShut(action.node, votersOf(now, effective), { observed: now, network: effective });
  if (shut !== undefined) return shut;
  const connection = await connectNode(context, effective, effective.chainId, action.node);
  const keyHash = base64urlDecode(action.keyHash);
  if (connection === undefined || keyHash === undefined) return undefined;
  const { admin } = connection;
  await callNode(admin.grantSigning.bind(admin), { keyHash, podUid: action.podUID, granted: false });
  report(scope, 'SigningWithdrawn', `${action.node} is fenced and signs no more`, action.node);
  return undefined;
}

/** Ends a pod of a network that is to sleep, once what it executes is done; one that is gone already is what was wanted. */
export async function stopPod(scope: ActionContext, { name, uid }: Action<'stopPod'>): Promise<boolean> {
  const { context, effective } = scope;
  if (!context.isLeader()) return false;
  await drainNode(context, effective, name);
  try {
    await context.client.delete(pods, { namespace: effective.namespace, name }, { uid });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
  return report(scope, 'PodStopped', `${name}: the network is hibernated`, name);
}

import { pods } from '@civitas/kube';
import { LABELS } from '../../core/desired/names.ts';
import type { NetworkAction } from '../../core/plan/network-action.ts';
import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import type { GateShut } from '../../core/plan/quorum-gate.ts';
import { stopShut, votersOf } from '../../core/plan/replacement-plan.ts';
import { connectNode } from '../controllers/operator-context.ts';
import { askNode, podOf } from '../observe/observe-network.ts';
import type { ActionContext } from './action-context.ts';

/**
 * Ends a pod so that it is made anew, after the validators were asked once more: between the look that planned it and this line one
 * of them may have fallen.
 *
 * @returns why not, when one has.
 */
export async function replacePod(
  scope: ActionContext,
  { name, uid }: Extract<NetworkAction, { type: 'deletePod' }>,
): Promise<GateShut | undefined> {
  const { context, effective } = scope;
  const now = await lookAgain(scope);
  const shut = stopShut(name, votersOf(now, effective), { observed: now, network: effective });
  if (shut !== undefined) return shut;
  await context.client.delete(pods, { namespace: effective.namespace, name }, { uid });
  return undefined;
}

/** The observation of this pass with every node's pod as the API server has it, and answer as it gives it now: a cache may be late. */
export async function lookAgain({ context, effective, observed }: ActionContext): Promise<ObservedNetwork> {
  const labelSelector = `${LABELS.network}=${effective.name}`;
  const { items } = await context.client.listAll(pods, { namespace: effective.namespace, labelSelector });
  const looks = Object.entries(observed.nodes).map(async ([name, node]) => {
    const pod = podOf(items.find(({ metadata }) => metadata.name === name));
    const connection = pod?.running === true && !pod.deleting ? await connectNode(context, effective, effective.chainId, name) : undefined;
    const answer = connection === undefined ? undefined : await askNode(connection, false);
    return [name, { ...node, pod, answer }] as const;
  });
  return { ...observed, nodes: Object.fromEntries(await Promise.all(looks)) };
}

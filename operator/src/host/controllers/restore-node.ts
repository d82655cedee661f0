import { base64urlEncode, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Pod } from '@civitas/kube';
import { ANNOTATIONS, type NetworkName } from '../../core/desired/names.ts';
import { genesisFromText } from '../../core/plan/genesis-record.ts';
import type { NodeOrder } from '../../core/plan/network-action.ts';
import type { ObservedNodeRestore } from '../../core/plan/node-restore.ts';
import type { LedgerRestore } from '../../core/resources/ledger-restore.ts';
import { ledgerNodes } from '../observe/custom-resources.ts';
import type { Workspace } from '../observe/workspace.ts';
import { engineInForce, findGenesisRecord, nodesOf, type OperatorContext } from './operator-context.ts';

type NodeToRestore = NonNullable<LedgerRestore['spec']['node']>;

/** What the caches know of a node that is to be rebuilt from a backup. */
export function observeNodeRestore(
  context: OperatorContext,
  workspace: Workspace,
  { uid, node }: { readonly uid: string; readonly node: NodeToRestore },
): ObservedNodeRestore {
  const id: NetworkName = { namespace: workspace.namespace, name: node.networkRef };
  const genesis = findGenesisRecord(context, id);
  const pod = workspace.pods.store.get(`${workspace.namespace}/${node.name}`);
  return {
    uid,
    networkRef: node.networkRef,
    node: node.name,
    chain:
      genesis === undefined
        ? undefined
        : {
            chainId: genesisFromText(genesis).chainId,
            genesisHash: base64urlEncode(nodeCrypto.sha256(utf8Encode(genesis))),
            engine: engineInForce(context, id),
          },
    nodes: nodesOf(context.caches, id),
    pod: pod === undefined ? undefined : { rebuild: pod.metadata.annotations?.[ANNOTATIONS.rebuild], waitsFor: firstContainerOf(pod) },
  };
}

/** Why the container that fetches the backup has not ended, in its own words or the kubelet's. */
function firstContainerOf({ status }: Pod): string {
  const state = status?.initContainerStatuses?.[0]?.state;
  const { reason = '', message = '' } = state?.waiting ?? {};
  if (state?.terminated !== undefined && state.terminated.exitCode !== 0) return state.terminated.message ?? 'the backup was not fetched';
  return reason === '' || reason === 'PodInitializing' || reason === 'ContainerCreating' ? '' : `${reason} ${message}`.trim();
}

/**
 * Tells the node to drop its ledger for the backup, in one write: what it is told stands on its own from here on.
 *
 * @throws ApiError Conflict when the node was told something since the caches saw it.
 */
export async function orderRestore(context: OperatorContext, observed: ObservedNodeRestore, order: NodeOrder): Promise<void> {
  const node = observed.nodes.find(({ metadata }) => metadata.name === observed.node);
  if (node === undefined || !context.isLeader()) return;
  const { name, namespace = '', resourceVersion } = node.metadata;
  await context.client.mergePatch(ledgerNodes, { namespace, name }, { metadata: { resourceVersion }, spec: order });
}

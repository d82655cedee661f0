import { configMaps, persistentVolumeClaims, secrets, services } from '@civitas/kube';
import { nodeConfigName, nodeDataName, nodeTlsName } from '../../core/desired/names.ts';
import type { ActionContext } from './action-context.ts';
import { report } from './report.ts';

/** Its pod is gone and no pool asks for another one, so nobody writes to it any more. */
export async function dropVolume(scope: ActionContext, node: string): Promise<boolean> {
  const { context, effective } = scope;
  if (!context.isLeader()) return false;
  const isDropped = await context.client.delete(persistentVolumeClaims, { namespace: effective.namespace, name: nodeDataName(node) });
  return isDropped && report(scope, 'VolumeDropped', `the volume of ${node} goes, as deletionPolicy.data asks`, node);
}

/** Configuration, certificate and address of a node without a pod. The address goes last: as long as it stands, this is done again. */
export async function dropNodeObjects(scope: ActionContext, node: string): Promise<boolean> {
  const { context, effective } = scope;
  const { namespace } = effective;
  for (const [resource, name] of [
    [configMaps, nodeConfigName(node)],
    [secrets, nodeTlsName(node)],
    [services, node],
  ] as const) {
    if (!context.isLeader()) return false;
    await context.client.delete(resource, { namespace, name });
  }
  return report(scope, 'NodeRetired', `${node}: its Service, configuration and certificate are gone`, node);
}

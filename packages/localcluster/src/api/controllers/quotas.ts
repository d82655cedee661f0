import { resourceQuotaResource } from '../builtin/cluster.ts';
import { type ApiObject, cloneJson, equalJson, type JsonObject, stringAt } from '../json.ts';
import { quotaStatus } from '../quota.ts';
import { storeNameOf } from '../resource.ts';
import type { StoreEvent } from '../store.ts';
import { type ControllerContext, controllerWrite } from './controller.ts';

const followed = ['/pods', '/services', '/secrets', '/configmaps', '/persistentvolumeclaims'];

/** Keeps what `kubectl describe quota` shows as used, which is seen together with what uses it; counts of other kinds are brought up to date with the next change of these. */
export function runQuotas(context: ControllerContext): () => void {
  const { store } = context;
  const quotas = storeNameOf(resourceQuotaResource);
  const settle = (seen: ApiObject): void => {
    const quota = store.findHead(quotas, seen.metadata.namespace, seen.metadata.name);
    if (quota === undefined) return;
    const status = quotaStatus(store, quota);
    if (equalJson(status, quota['status'])) return;
    const write = controllerWrite(resourceQuotaResource, quota.metadata.namespace, { subresource: 'status' });
    context.writer.replace(write, quota, {
      ...cloneJson<JsonObject>(quota),
      apiVersion: quota.apiVersion,
      kind: quota.kind,
      metadata: cloneJson(quota.metadata),
      status,
    });
  };
  const onContent = (event: StoreEvent): void => {
    const isSamePhase = event.type === 'MODIFIED' && stringAt(event.old, 'status', 'phase') === stringAt(event.object, 'status', 'phase');
    if (!isSamePhase) for (const quota of store.listHead(quotas, event.object.metadata.namespace)) settle(quota);
  };
  const ends = [
    store.subscribe(quotas, (event) => settle(event.object)),
    ...followed.map((name) => store.subscribeAccepted(name, onContent)),
  ];
  return () => {
    for (const end of ends) end();
  };
}

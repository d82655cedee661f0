import { isApiError, type KubeClient, pods } from '@civitas/kube';
import { ANNOTATIONS } from '../../core/desired/names.ts';

/** Notes on that very pod what its kubelet is to look for, which makes it look. Returns false when the pod is gone or another one. */
export async function refreshMounts(
  client: KubeClient,
  { name, namespace, uid, note }: { readonly name: string; readonly namespace: string; readonly uid: string; readonly note: string },
): Promise<boolean> {
  try {
    await client.mergePatch(pods, { namespace, name }, { metadata: { uid, annotations: { [ANNOTATIONS.mountRefresh]: note } } });
    return true;
  } catch (error) {
    if (isApiError(error, 'NotFound') || isApiError(error, 'Conflict')) return false;
    throw error;
  }
}

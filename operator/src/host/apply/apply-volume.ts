import { isApiError, persistentVolumeClaims } from '@civitas/kube';
import type { Manifest } from '../../core/desired/render.ts';
import type { ActionContext } from './action-context.ts';

/**
 * Applies a volume claim. A cluster whose storage does not grow refuses the larger size: that is told in StorageHealthy and tried again
 * whenever the wish changes, and nothing else of the network waits for it.
 */
export async function applyVolume({ applier, workspace, context, log }: ActionContext, manifest: Manifest): Promise<boolean> {
  const key = `${manifest.metadata.namespace}/${manifest.metadata.name}`;
  const observed = workspace.volumes.store.get(key);
  const wish = JSON.stringify(manifest['spec']);
  const before = context.facts.volumeProblems.get(key);
  if (observed !== undefined && before?.wish === wish && before.resourceVersion === observed.metadata.resourceVersion) return false;
  try {
    const { written } = await applier.apply(persistentVolumeClaims, manifest, observed);
    context.facts.volumeProblems.delete(key);
    return written;
  } catch (error) {
    const isRefused = isApiError(error, 'Forbidden') || isApiError(error, 'Invalid');
    if (observed === undefined || !isRefused || !(error instanceof Error)) throw error;
    context.facts.volumeProblems.set(key, { wish, resourceVersion: observed.metadata.resourceVersion, message: error.message });
    log.warn({ volume: key, error: error.message }, 'the volume does not grow');
    return false;
  }
}

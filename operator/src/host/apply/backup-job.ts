import { isApiError, type Pod, pods } from '@civitas/kube';
import type { Manifest } from '../../core/desired/render.ts';
import { type JobPlan, type ObservedJobPod, reportOf } from '../../core/plan/backup-job.ts';
import type { OperatorContext } from '../controllers/operator-context.ts';
import type { Workspace } from '../observe/workspace.ts';

const NOT_SCHEDULED = 'Unschedulable';

/** Why a pod has not started, as scheduler or kubelet say; '' when they say nothing. */
function waitsFor({ status }: Pod): string {
  const unscheduled = status?.conditions?.find(({ type, reason }) => type === 'PodScheduled' && reason === NOT_SCHEDULED);
  if (unscheduled !== undefined) return unscheduled.message ?? NOT_SCHEDULED;
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  if (waiting === undefined || waiting.reason === 'ContainerCreating' || waiting.reason === 'PodInitializing') return '';
  return `${waiting.reason ?? ''} ${waiting.message ?? ''}`.trim();
}

/** Pods of one job of one owner. */
export function observeJob(workspace: Workspace, ownerUID: string, base: string): readonly ObservedJobPod[] {
  const own = workspace.pods.store
    .list(workspace.namespace)
    .filter(
      ({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === ownerUID) === true && metadata.name.startsWith(`${base}-`),
    );
  return own.map((pod) => {
    const phase = pod.status?.phase;
    return {
      name: pod.metadata.name,
      uid: pod.metadata.uid,
      state: phase === 'Succeeded' ? 'succeeded' : phase === 'Failed' ? 'failed' : 'running',
      deleting: pod.metadata.deletionTimestamp !== undefined,
      report: reportOf(pod.status?.containerStatuses?.[0]?.state?.terminated?.message),
      waitsFor: waitsFor(pod),
    };
  });
}

async function removePods(context: OperatorContext, namespace: string, remove: readonly ObservedJobPod[]): Promise<void> {
  for (const { name, uid } of remove) {
    if (!context.isLeader()) return;
    try {
      await context.client.delete(pods, { namespace, name }, { uid });
    } catch (error) {
      if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
    }
  }
}

/** Deletes what is left of tries that are over and makes the pod of the one that is due. Its status must be written already. */
export async function performJob(
  context: OperatorContext,
  target: { readonly namespace: string; readonly plan: JobPlan },
  podOf: (name: string) => Manifest,
): Promise<void> {
  const { namespace, plan } = target;
  await removePods(context, namespace, plan.remove);
  if (plan.create === undefined || !context.isLeader()) return;
  try {
    await context.client.create(pods, podOf(plan.create));
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

/** Deletes all pods of a job that is over. @returns whether none is left. */
export async function clearJob(context: OperatorContext, namespace: string, left: readonly ObservedJobPod[]): Promise<boolean> {
  await removePods(
    context,
    namespace,
    left.filter(({ deleting }) => !deleting),
  );
  return left.length === 0;
}

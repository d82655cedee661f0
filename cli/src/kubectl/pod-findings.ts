import { type Pod, pods } from '@civitas/kube';
import type { KubectlContext } from './context.ts';
import { listOf } from './find.ts';
import type { Finding } from './findings.ts';
import { UNREADY_MS } from './limits.ts';

const MANAGED_LABEL = 'app.kubernetes.io/managed-by';
const NAME_LABEL = 'app.kubernetes.io/name';
const OPERATOR = 'civitas-operator';
/** A container that waits for these is only young. */
const YOUNG: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

const ADVICE: Readonly<Record<string, string>> = {
  Unschedulable: 'Make room: the scheduler’s message says what no node of the cluster has.',
  ImagePullBackOff: 'Check the image and the pull secret of the namespace.',
  ErrImagePull: 'Check the image and the pull secret of the namespace.',
  CrashLoopBackOff: 'kubectl civitas logs <node> --previous has its last words.',
  CreateContainerConfigError: 'A Secret or ConfigMap that it mounts is missing: the message names it.',
};

/** Pods of ours that the cluster itself keeps from running. */
export async function podFindings(context: KubectlContext): Promise<readonly Finding[]> {
  const all = await listOf(context, pods);
  const ofOperator = all.filter(({ metadata }) => metadata.labels?.[NAME_LABEL] === OPERATOR);
  const managed = all.filter(
    ({ metadata }) => metadata.labels?.[MANAGED_LABEL] === OPERATOR && !ofOperator.some((pod) => pod.metadata === metadata),
  );
  return [...[...managed, ...ofOperator].flatMap(findingsOfPod), ...ofOperator.flatMap((pod) => unready(pod, context.nowUnixMs()))];
}

/** An operator that stays unready has not read everything it needs: no condition of any object can tell that. */
function unready({ metadata, status }: Pod, nowUnixMs: number): readonly Finding[] {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const since = ready?.lastTransitionTime ?? metadata.creationTimestamp;
  if (ready?.status === 'True' || nowUnixMs - Date.parse(since) < UNREADY_MS) return [];
  const { namespace, name } = metadata;
  return [
    {
      ...{ kind: 'pod', namespace, name, type: 'Ready', status: 'False', reason: 'OperatorNotReady', since },
      message: 'it has not read all it watches, or not looked at every network yet',
      then: `kubectl civitas logs ${name} names lists that fail: a CustomResourceDefinition or a right is missing.`,
    },
  ];
}

function findingsOfPod({ metadata, status }: Pod): readonly Finding[] {
  const { namespace, name } = metadata;
  const finding = (reason: string, message: string, since: string | undefined): Finding => ({
    ...{ kind: 'pod', namespace, name, type: 'Running', status: 'False', reason, message, since },
    then: (ADVICE[reason] ?? 'kubectl describe pod has the cluster’s own events.').replace('<node>', name),
  });
  const unscheduled = (status?.conditions ?? []).filter(({ type, status: holds }) => type === 'PodScheduled' && holds === 'False');
  const waiting = (status?.containerStatuses ?? []).flatMap(({ name: container, state }) => {
    const { reason = '', message = '' } = state?.waiting ?? {};
    return reason === '' || YOUNG.has(reason)
      ? []
      : [finding(reason, `container ${container}${message === '' ? '' : `: ${message}`}`, undefined)];
  });
  return [
    ...unscheduled.map(({ reason = 'Unschedulable', message = '', lastTransitionTime }) => finding(reason, message, lastTransitionTime)),
    ...waiting,
  ];
}

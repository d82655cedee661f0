/** A pod's status from its containers' states. */

import type { Container, ContainerStatus, Pod, PodCondition, PodStatus } from './pod.ts';
import type { PodPlace } from './pod-fields.ts';

export interface PodView {
  readonly place: PodPlace;
  readonly init: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  readonly startTime: string;
  /** Set when the pod cannot run at all. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

/**
 * The whole status. Conditions keep their transition time while their status stays.
 *
 * @param now RFC 3339.
 */
export function podStatusOf(pod: Pod, view: PodView, now: string): PodStatus & Readonly<Record<string, unknown>> {
  const phase = phaseOf(pod, view);
  const ended = phase === 'Succeeded' || phase === 'Failed';
  const initialized = view.init.every(({ state, started }) => state.terminated?.exitCode === 0 || started);
  const unready = view.containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const notReady = ended
    ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const uninitialized = view.init.filter(({ state }) => state.terminated?.exitCode !== 0).map(({ name }) => name);
  const notInitialized = { reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${uninitialized.join(' ')}]` };
  const isReady = unready.length === 0 && !ended;
  const wanted: Omit<PodCondition, 'lastTransitionTime'>[] = [
    { type: 'PodReadyToStartContainers', status: view.place.podIP === '' ? 'False' : 'True' },
    initialized ? { type: 'Initialized', status: 'True' } : { type: 'Initialized', status: 'False', ...notInitialized },
    isReady ? { type: 'Ready', status: 'True' } : { type: 'Ready', status: 'False', ...notReady },
    isReady ? { type: 'ContainersReady', status: 'True' } : { type: 'ContainersReady', status: 'False', ...notReady },
    { type: 'PodScheduled', status: 'True' },
  ];
  const { podIP, hostIP } = view.place;
  return {
    phase,
    ...view.failure,
    conditions: withTimes(pod.status?.conditions ?? [], wanted, now),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP === '' ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime: view.startTime,
    qosClass: qosClassOf([...(pod.spec.initContainers ?? []), ...pod.spec.containers]),
    ...(view.init.length === 0 ? {} : { initContainerStatuses: view.init }),
    containerStatuses: view.containers,
  };
}

function phaseOf(pod: Pod, { init, containers, failure }: PodView): NonNullable<PodStatus['phase']> {
  if (failure !== undefined) return 'Failed';
  const policy = pod.spec.restartPolicy ?? 'Always';
  const isFailed = ({ state }: ContainerStatus): boolean => state.terminated !== undefined && state.terminated.exitCode !== 0;
  if (policy === 'Never' && init.some(isFailed)) return 'Failed';
  if (containers.some(({ state }) => state.running !== undefined)) return 'Running';
  const hasEnded = ({ state }: ContainerStatus): boolean => state.terminated !== undefined;
  if (containers.every(hasEnded)) {
    // A terminated container that the policy restarts is between two runs.
    if (policy === 'Never' || (policy === 'OnFailure' && !containers.some(isFailed)))
      return containers.some(isFailed) ? 'Failed' : 'Succeeded';
    return 'Running';
  }
  return containers.some(({ state, lastState }) => state.terminated ?? lastState.terminated) ? 'Running' : 'Pending';
}

function withTimes(
  current: readonly PodCondition[],
  wanted: readonly Omit<PodCondition, 'lastTransitionTime'>[],
  now: string,
): PodCondition[] {
  const others = current.filter(({ type }) => !wanted.some((condition) => condition.type === type));
  const ours = wanted.map((condition): PodCondition => {
    const before = current.find(({ type }) => type === condition.type);
    return { ...condition, lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : now };
  });
  return [...ours, ...others];
}

/** @see Kubernetes: Guaranteed when every container's limits of cpu and memory equal its requests, BestEffort when none names any. */
export function qosClassOf(containers: readonly Container[]): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const named = (container: Container) => ({ ...container.resources?.requests, ...container.resources?.limits });
  if (containers.every((container) => Object.keys(named(container)).length === 0)) return 'BestEffort';
  const guaranteed = containers.every(({ resources }) =>
    ['cpu', 'memory'].every((name) => {
      const limit = resources?.limits?.[name];
      const request = resources?.requests?.[name] ?? limit;
      return limit !== undefined && String(limit) === String(request);
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

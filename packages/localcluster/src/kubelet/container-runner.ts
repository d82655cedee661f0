/** Keeps one container of a pod running as its restart policy says: start, probe, wait, back off, again. */

import { type ContainerLog, openContainerLog } from './container-log.ts';
import { type ContainerProcess, type LaunchPlan, launch, type ProcessEnd } from './container-process.ts';
import { type KubeletContext, messageOf, recordEvent } from './kubelet-context.ts';
import { missingRetryMs, terminationGraceSecondsDefault, terminationMessageBytesMax } from './limits.ts';
import type { LogPlace } from './log-source.ts';
import { type Container, type ContainerState, type ContainerStatus, type Pod, type Probe, podKeyOf, timeOf } from './pod.ts';
import { type ProberOptions, startProber } from './prober.ts';

/** How to start the container now, or why it cannot be started. */
export type Launchable =
  | { readonly ok: true; readonly plan: LaunchPlan; readonly podIP: string }
  | { readonly ok: false; readonly reason: string; readonly message: string };

export interface ContainerRunnerOptions {
  readonly context: KubeletContext;
  readonly pod: Pod;
  readonly container: Container;
  /** Containers that have to end well before the next are started: never restarted after success. */
  readonly isInit: boolean;
  readonly logFolder: string;
  /** Asked before every start. */
  readonly prepare: () => Launchable;
  /** The pod ended before this kubelet started: nothing will run. */
  readonly hasFinished: boolean;
  /** Status as the API has it from before this kubelet started. */
  readonly previous: ContainerStatus | undefined;
  readonly onChange: () => void;
}

export interface ContainerRunner {
  /** Resolves when the container has ended and is not to be started again. */
  run(): Promise<void>;
  /** Ends it for good: SIGTERM, after the grace SIGKILL. */
  stop(graceMs: number): Promise<void>;
  /** Something a start waits for may have changed. */
  wake(): void;
  status(): ContainerStatus;
  logPlace(): LogPlace;
}

export function createContainerRunner(options: ContainerRunnerOptions): ContainerRunner {
  const { context, pod, container, isInit, previous, onChange } = options;
  const { pace, counters } = context;
  const stopping = new AbortController();
  let state: ContainerState =
    options.hasFinished && previous !== undefined
      ? previous.state
      : { waiting: { reason: isInit || !pod.spec.initContainers?.length ? 'ContainerCreating' : 'PodInitializing' } };
  let lastState: ContainerState = lastStateOf(previous);
  let restartCount = previous === undefined ? 0 : previous.restartCount;
  /** A run of this pod's container took place before this kubelet started. */
  let hasRun = previous?.state.running !== undefined || previous?.state.terminated !== undefined || (previous?.restartCount ?? 0) > 0;
  let started = false;
  let ready = false;
  let current: { process: ContainerProcess; log: ContainerLog } | undefined;
  let running: Promise<void> | undefined;
  let wake = (): void => {};
  let announced = '';

  const change = (next: ContainerState): void => {
    state = next;
    onChange();
  };

  const announce = (type: 'Normal' | 'Warning', reason: string, message: string): void => {
    recordEvent(context, pod, { type, reason, message });
  };

  /** Waits; ends early at stop and, when asked to, at `wake`. */
  const pause = (delayMs: number, wakeable: boolean): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', end);
        wake = () => {};
        resolve();
      };
      const timer = setTimeout(end, delayMs);
      if (wakeable) wake = end;
      stopping.signal.addEventListener('abort', end, { once: true });
      if (stopping.signal.aborted) end();
    });

  const waitToLaunch = async (): Promise<Extract<Launchable, { ok: true }> | undefined> => {
    while (!stopping.signal.aborted) {
      const launchable = options.prepare();
      if (launchable.ok) return launchable;
      const isRepeat = announced === launchable.message;
      const reason = isRepeat && launchable.reason === 'ErrImagePull' ? 'ImagePullBackOff' : launchable.reason;
      change({ waiting: { reason, message: launchable.message } });
      if (!isRepeat) announce('Warning', 'Failed', `Error: ${launchable.message}`);
      announced = launchable.message;
      await pause(missingRetryMs, true);
    }
    return undefined;
  };

  const kill = (process: ContainerProcess, graceMs: number): void => {
    process.signal('SIGTERM');
    const timer = setTimeout(() => process.signal('SIGKILL'), graceMs);
    void process.exited.then(() => clearTimeout(timer));
  };

  const restartUnhealthy = (process: ContainerProcess, kind: string, probe: Probe): void => {
    announce('Normal', 'Killing', `Container ${container.name} failed ${kind} probe, will be restarted`);
    const graceSeconds = probe.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? terminationGraceSecondsDefault;
    kill(process, graceSeconds * pace.secondMs);
  };

  /** Starts the container's probes; returns what ends them. */
  const startProbes = (process: ContainerProcess, { plan, podIP }: Extract<Launchable, { ok: true }>): (() => void) => {
    const target = { container, podIP, variables: plan.variables, workingFolder: plan.workingFolder };
    const ends: (() => void)[] = [];
    const begin = (kind: ProberOptions['kind'], probe: Probe, onVerdict: (healthy: boolean) => void): void => {
      const onFailure = (message: string): void => {
        counters.probeFailures++;
        const name = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
        announce('Warning', 'Unhealthy', `${name} probe failed: ${message}`);
      };
      ends.push(startProber({ kind, probe, target, secondMs: pace.secondMs, onVerdict, onFailure }));
    };
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const onStarted = (): void => {
      started = true;
      ready = readinessProbe === undefined;
      onChange();
      if (livenessProbe !== undefined) {
        begin('liveness', livenessProbe, (healthy) => {
          if (!healthy) restartUnhealthy(process, 'liveness', livenessProbe);
        });
      }
      if (readinessProbe === undefined) return;
      begin('readiness', readinessProbe, (healthy) => {
        ready = healthy;
        onChange();
      });
    };
    if (startupProbe === undefined) onStarted();
    else {
      begin('startup', startupProbe, (healthy) => {
        if (healthy) onStarted();
        else restartUnhealthy(process, 'startup', startupProbe);
      });
    }
    return () => {
      for (const end of ends) end();
    };
  };

  const runOnce = async (launchable: Extract<Launchable, { ok: true }>): Promise<ProcessEnd> => {
    if (hasRun) {
      restartCount++;
      counters.containerRestarts++;
    }
    hasRun = true;
    let log: ContainerLog;
    let process: ContainerProcess;
    try {
      log = openContainerLog(options.logFolder, container.name, restartCount, () => counters.faults++);
      process = launch(launchable.plan, context.processes, (stream, bytes) => log.write(stream, bytes));
    } catch (error) {
      // The machine is out of something (processes, files, disk): as good as a crash, so the back-off applies.
      const end = { exitCode: 128, reason: 'StartError', message: messageOf(error) };
      announce('Warning', 'Failed', `Error: ${end.message}`);
      change({ terminated: { ...end, finishedAt: timeOf(Date.now()) } });
      return end;
    }
    current = { process, log };
    counters.containerStarts++;
    const startedAt = timeOf(Date.now());
    announce('Normal', 'Pulled', `Container image "${container.image}" already present on machine`);
    announce('Normal', 'Created', `Created container: ${container.name}`);
    announce('Normal', 'Started', `Started container ${container.name}`);
    change({ running: { startedAt } });
    const endProbes = startProbes(process, launchable);
    const end = await process.exited;
    endProbes();
    const message =
      end.exitCode !== 0 && container.terminationMessagePolicy === 'FallbackToLogsOnError' ? log.tail(terminationMessageBytesMax) : '';
    log.close();
    current = undefined;
    started = false;
    ready = false;
    const reason = end.exitCode === 0 ? 'Completed' : 'Error';
    const terminated = { ...end, reason, ...(message === '' ? {} : { message }), startedAt, finishedAt: timeOf(Date.now()) };
    change({ terminated });
    return end;
  };

  const isToRestart = ({ exitCode }: ProcessEnd): boolean => {
    if (isInit && exitCode === 0) return false;
    const policy = pod.spec.restartPolicy ?? 'Always';
    if (policy === 'Always') return true;
    return policy === 'OnFailure' && exitCode !== 0;
  };

  const backOff = async (crashes: number): Promise<void> => {
    lastState = state;
    if (crashes <= 1) return;
    const delayMs = Math.min(pace.crashBackoffMsMax, pace.crashBackoffMsMin * 2 ** Math.min(crashes - 2, 30));
    const message = `back-off ${delayMs / 1000}s restarting failed container=${container.name} pod=${podKeyOf(pod)}`;
    change({ waiting: { reason: 'CrashLoopBackOff', message } });
    announce('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${podKeyOf(pod)}`);
    await pause(delayMs, false);
  };

  const supervise = async (): Promise<void> => {
    let crashes = 0;
    for (;;) {
      const launchable = await waitToLaunch();
      if (launchable === undefined) return;
      const launchedUnixMs = Date.now();
      const end = await runOnce(launchable);
      if (stopping.signal.aborted || !isToRestart(end)) return;
      crashes = Date.now() - launchedUnixMs >= pace.crashBackoffResetMs ? 1 : crashes + 1;
      await backOff(crashes);
    }
  };

  return {
    run() {
      running ??= supervise();
      return running;
    },
    async stop(graceMs) {
      stopping.abort();
      if (current !== undefined) {
        announce('Normal', 'Killing', `Stopping container ${container.name}`);
        kill(current.process, graceMs);
      }
      await running;
    },
    wake: () => wake(),
    status: () => ({
      name: container.name,
      image: container.image,
      imageID: container.image,
      ...(current === undefined ? {} : { containerID: `process://${current.process.pid}` }),
      ready: ready || (isInit && state.terminated?.exitCode === 0),
      started,
      restartCount,
      state,
      lastState,
    }),
    logPlace: () => ({ folder: options.logFolder, container: container.name, run: restartCount, live: current?.log }),
  };
}

/** What was running when an earlier kubelet died has ended, though nobody saw how. */
function lastStateOf(previous: ContainerStatus | undefined): ContainerState {
  if (previous?.state.terminated !== undefined) return { terminated: previous.state.terminated };
  if (previous?.state.running === undefined) return previous?.lastState ?? {};
  const { startedAt } = previous.state.running;
  const message = 'The process ended with the kubelet that had started it';
  return { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message, startedAt, finishedAt: timeOf(Date.now()) } };
}

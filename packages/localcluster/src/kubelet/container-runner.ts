/** Keeps one container of a pod running as its restart policy says: start, probe, wait, back off, again. */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { type ContainerLog, openContainerLog } from './container-log.ts';
import { startContainerProbes } from './container-probes.ts';
import { type ContainerProcess, type LaunchPlan, launch, type ProcessEnd } from './container-process.ts';
import { type KubeletContext, messageOf, recordEvent } from './kubelet-context.ts';
import { missingRetryMs, terminationGraceSecondsDefault, terminationMessageBytesMax, terminationMessageFileBytesMax } from './limits.ts';
import type { LogPlace } from './log-source.ts';
import { type Container, type ContainerState, type ContainerStatus, type Pod, type Probe, podKeyOf, timeOf } from './pod.ts';

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

/** What the container left in its message file, which goes: the next run must not be taken for the author of this one's words. */
function takeLastWords({ messagePath }: LaunchPlan): string {
  if (messagePath === undefined || !existsSync(messagePath)) return '';
  const words = readFileSync(messagePath).subarray(0, terminationMessageFileBytesMax).toString('utf8');
  rmSync(messagePath, { force: true });
  return words;
}

type LaunchableNow = Extract<Launchable, { ok: true }>;

interface Run {
  readonly process: ContainerProcess;
  readonly log: ContainerLog;
}

export class ContainerRunner {
  readonly #options: ContainerRunnerOptions;
  readonly #stopping = new AbortController();
  #state: ContainerState;
  #lastState: ContainerState;
  #restartCount: number;
  /** A run of this pod's container took place, also one before this kubelet started. */
  #hasRun: boolean;
  #started = false;
  #ready = false;
  #current: Run | undefined;
  #running: Promise<void> | undefined;
  #wake = (): void => {};
  /** What a start waited for last; said once. */
  #announced = '';

  constructor(options: ContainerRunnerOptions) {
    const { previous, isInit, pod } = options;
    const reason = isInit || !pod.spec.initContainers?.length ? 'ContainerCreating' : 'PodInitializing';
    this.#options = options;
    this.#state = options.hasFinished && previous !== undefined ? previous.state : { waiting: { reason } };
    this.#lastState = lastStateOf(previous);
    this.#restartCount = previous?.restartCount ?? 0;
    this.#hasRun = previous?.state.running !== undefined || previous?.state.terminated !== undefined || this.#restartCount > 0;
  }

  /** Resolves when the container has ended and is not to be started again. */
  run(): Promise<void> {
    this.#running ??= this.#supervise();
    return this.#running;
  }

  /** Ends it for good: SIGTERM, after the grace SIGKILL. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    if (this.#current !== undefined) {
      this.#announce('Normal', 'Killing', `Stopping container ${this.#options.container.name}`);
      kill(this.#current.process, graceMs);
    }
    await this.#running;
  }

  /** Something a start waits for may have changed. */
  wake(): void {
    this.#wake();
  }

  status(): ContainerStatus {
    const { container, isInit } = this.#options;
    return {
      name: container.name,
      image: container.image,
      imageID: container.image,
      ...(this.#current === undefined ? {} : { containerID: `process://${this.#current.process.pid}` }),
      ready: this.#ready || (isInit && this.#state.terminated?.exitCode === 0),
      started: this.#started,
      restartCount: this.#restartCount,
      state: this.#state,
      lastState: this.#lastState,
    };
  }

  logPlace(): LogPlace {
    const { logFolder, container } = this.#options;
    return { folder: logFolder, container: container.name, run: this.#restartCount, live: this.#current?.log };
  }

  async #supervise(): Promise<void> {
    let crashes = 0;
    for (;;) {
      const launchable = await this.#waitToLaunch();
      if (launchable === undefined) return;
      const launchedUnixMs = Date.now();
      const { exitCode } = await this.#runOnce(launchable);
      if (this.#stopping.signal.aborted || !this.#isToRestart(exitCode)) return;
      crashes = Date.now() - launchedUnixMs >= this.#options.context.pace.crashBackoffResetMs ? 1 : crashes + 1;
      await this.#backOff(crashes);
    }
  }

  async #waitToLaunch(): Promise<LaunchableNow | undefined> {
    while (!this.#stopping.signal.aborted) {
      const launchable = this.#options.prepare();
      if (launchable.ok) return launchable;
      const isRepeat = this.#announced === launchable.message;
      const reason = isRepeat && launchable.reason === 'ErrImagePull' ? 'ImagePullBackOff' : launchable.reason;
      this.#change({ waiting: { reason, message: launchable.message } });
      if (!isRepeat) this.#announce('Warning', 'Failed', `Error: ${launchable.message}`);
      this.#announced = launchable.message;
      await this.#pause(missingRetryMs, true);
    }
    return undefined;
  }

  async #runOnce(launchable: LaunchableNow): Promise<ProcessEnd> {
    takeLastWords(launchable.plan);
    const run = this.#begin(launchable);
    // The machine is out of something (processes, files, disk): as good as a crash, so the back-off applies.
    if (run === undefined) return { exitCode: 128 };
    const startedAt = timeOf(Date.now());
    this.#current = run;
    this.#change({ running: { startedAt } });
    const endProbes = this.#startProbes(run.process, launchable);
    const end = await run.process.exited;
    endProbes();
    const isMessageOfLog = end.exitCode !== 0 && this.#options.container.terminationMessagePolicy === 'FallbackToLogsOnError';
    const words = takeLastWords(launchable.plan);
    const message = words === '' && isMessageOfLog ? run.log.tail(terminationMessageBytesMax) : words;
    run.log.close();
    this.#current = undefined;
    this.#started = false;
    this.#ready = false;
    const reason = end.exitCode === 0 ? 'Completed' : 'Error';
    const finishedAt = timeOf(Date.now());
    this.#change({ terminated: { ...end, reason, ...(message === '' ? {} : { message }), startedAt, finishedAt } });
    return end;
  }

  /** Starts the process; undefined, with the reason in state and event, when the machine refuses. */
  #begin({ plan }: LaunchableNow): Run | undefined {
    const { context, container, logFolder } = this.#options;
    if (this.#hasRun) {
      this.#restartCount++;
      context.counters.containerRestarts++;
    }
    this.#hasRun = true;
    try {
      const log = openContainerLog(logFolder, container.name, this.#restartCount, () => context.counters.faults++);
      const process = launch(plan, context.processes, (stream, bytes) => log.write(stream, bytes));
      context.counters.containerStarts++;
      this.#announce('Normal', 'Pulled', `Container image "${container.image}" already present on machine`);
      this.#announce('Normal', 'Created', `Created container: ${container.name}`);
      this.#announce('Normal', 'Started', `Started container ${container.name}`);
      return { process, log };
    } catch (error) {
      const message = messageOf(error);
      this.#announce('Warning', 'Failed', `Error: ${message}`);
      this.#change({ terminated: { exitCode: 128, reason: 'StartError', message, finishedAt: timeOf(Date.now()) } });
      return undefined;
    }
  }

  #startProbes(process: ContainerProcess, { plan, podIP }: LaunchableNow): () => void {
    const { context, container, pod, onChange } = this.#options;
    return startContainerProbes(container, {
      target: { container, podIP, variables: plan.variables, workingFolder: plan.workingFolder },
      secondMs: context.pace.secondMs,
      onStarted: () => {
        this.#started = true;
        onChange();
      },
      onReady: (ready) => {
        this.#ready = ready;
        onChange();
      },
      onUnhealthy: (kind, probe) => {
        this.#announce('Normal', 'Killing', `Container ${container.name} failed ${kind} probe, will be restarted`);
        kill(process, graceSecondsOf(pod, probe) * context.pace.secondMs);
      },
      onFailure: (kind, message) => {
        context.counters.probeFailures++;
        this.#announce('Warning', 'Unhealthy', `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${message}`);
      },
    });
  }

  #isToRestart(exitCode: number): boolean {
    const { isInit, pod } = this.#options;
    if (isInit && exitCode === 0) return false;
    const policy = pod.spec.restartPolicy ?? 'Always';
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  }

  async #backOff(crashes: number): Promise<void> {
    const { context, container, pod } = this.#options;
    this.#lastState = this.#state;
    if (crashes <= 1) return;
    const { crashBackoffMsMin, crashBackoffMsMax } = context.pace;
    const delayMs = Math.min(crashBackoffMsMax, crashBackoffMsMin * 2 ** Math.min(crashes - 2, 30));
    const message = `back-off ${delayMs / 1000}s restarting failed container=${container.name} pod=${podKeyOf(pod)}`;
    this.#change({ waiting: { reason: 'CrashLoopBackOff', message } });
    this.#announce('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${podKeyOf(pod)}`);
    await this.#pause(delayMs, false);
  }

  #change(next: ContainerState): void {
    this.#state = next;
    this.#options.onChange();
  }

  #announce(type: 'Normal' | 'Warning', reason: string, message: string): void {
    recordEvent(this.#options.context, this.#options.pod, { type, reason, message });
  }

  /** Waits; ends early at stop and, when asked to, at `wake`. */
  #pause(delayMs: number, wakeable: boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#stopping.signal.removeEventListener('abort', end);
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(end, delayMs);
      if (wakeable) this.#wake = end;
      this.#stopping.signal.addEventListener('abort', end, { once: true });
      if (this.#stopping.signal.aborted) end();
    });
  }
}

/** SIGTERM, and SIGKILL when the grace is over. */
function kill(process: ContainerProcess, graceMs: number): void {
  process.signal('SIGTERM');
  const timer = setTimeout(() => process.signal('SIGKILL'), graceMs);
  void process.exited.then(() => clearTimeout(timer));
}

function graceSecondsOf(pod: Pod, probe: Probe): number {
  return probe.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? terminationGraceSecondsDefault;
}

/** What was running when an earlier kubelet died has ended, though nobody saw how. */
function lastStateOf(previous: ContainerStatus | undefined): ContainerState {
  if (previous?.state.terminated !== undefined) return { terminated: previous.state.terminated };
  if (previous?.state.running === undefined) return previous?.lastState ?? {};
  const { startedAt } = previous.state.running;
  const message = 'The process ended with the kubelet that had started it';
  return { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message, startedAt, finishedAt: timeOf(Date.now()) } };
}

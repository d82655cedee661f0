/** One pod from its acceptance to its removal. */

import type { KubeObject } from '../cluster-port.ts';
import { ContainerRunner } from './container-runner.ts';
import { guarded, type KubeletContext, messageOf, recordEvent } from './kubelet-context.ts';
import { launchableOf } from './launch-plan.ts';
import { missingRetryMs, statusDelayMs, statusRetryMs, terminationGraceSecondsDefault } from './limits.ts';
import type { LogPlace } from './log-source.ts';
import { type Container, type ContainerStatus, type Pod, podKeyOf, podsResource, serviceAccountsResource, timeOf } from './pod.ts';
import type { PodPlace } from './pod-fields.ts';
import { type PodFolder, podFolderOf } from './pod-folder.ts';
import { podStatusOf } from './pod-status.ts';

export class PodWorker {
  readonly #context: KubeletContext;
  readonly #target: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly #place: PodPlace;
  readonly #folder: PodFolder;
  readonly #startTime: string;
  readonly #init: readonly ContainerRunner[];
  readonly #main: readonly ContainerRunner[];
  readonly #containerNames: readonly string[];
  readonly #tokenByAccount = new Map<string, string>();
  readonly #ending = new AbortController();
  /** Ended before this kubelet started: kept for its log, not run again. */
  readonly #hasFinished: boolean;
  #pod: Pod;
  /** No status is written any more. */
  #isHalted = false;
  #ended: Promise<void> | undefined;
  #terminating: Promise<void> | undefined;
  #statusTimer: NodeJS.Timeout | undefined;
  #wakeVolumes = (): void => {};
  #isMounted = false;
  #missing: string | undefined;

  /** @param podIP Address this pod's programs listen on. */
  constructor(context: KubeletContext, pod: Pod, podIP: string) {
    const { namespace = 'default', name, uid } = pod.metadata;
    const { initContainers = [], containers } = pod.spec;
    this.#context = context;
    this.#pod = pod;
    this.#target = { namespace, name, uid };
    this.#place = { podIP, hostIP: context.hostIP, nodeName: context.nodeName };
    this.#folder = podFolderOf(context.home, pod);
    this.#startTime = pod.status?.startTime ?? timeOf(Date.now());
    this.#hasFinished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    this.#init = initContainers.map((container) => this.#runnerOf(container, true, pod.status?.initContainerStatuses));
    this.#main = containers.map((container) => this.#runnerOf(container, false, pod.status?.containerStatuses));
    this.#containerNames = [...initContainers, ...containers].map((container) => container.name);
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Writes the first status, then starts the containers. */
  start(): void {
    if (this.#pod.metadata.deletionTimestamp !== undefined) this.#beginTermination();
    else if (!this.#hasFinished) {
      this.#writeStatus();
      this.#ended = this.#report(this.#run(), 'a pod could not be run');
    }
  }

  /** A newer version of the object; its deletion starts the grace period. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.#beginTermination();
  }

  /** A ConfigMap, Secret or claim that the pod may refer to has changed. */
  refresh(): void {
    this.#wakeVolumes();
    if (this.#isMounted && !this.#ending.signal.aborted) this.#mount();
    for (const runner of this.#runners()) runner.wake();
  }

  /** Ends the processes, and nothing else: the pod is started again by the next kubelet. */
  async halt(graceMs: number): Promise<void> {
    this.#isHalted = true;
    await this.#end(graceMs);
    await this.#terminating;
  }

  /** The object is gone: ends the processes at once and removes the pod's folder. */
  async discard(): Promise<void> {
    await this.halt(0);
    this.#folder.remove();
  }

  /** Place of a container's log; the first container's without a name. Throws an Error with a readable message for an unknown name. */
  logPlaceOf(container: string | undefined): LogPlace {
    const wanted = container ?? this.#containerNames[this.#init.length] ?? '';
    const runner = this.#runners()[this.#containerNames.indexOf(wanted)];
    if (runner !== undefined) return runner.logPlace();
    throw new Error(`container ${wanted} is not valid for pod ${this.#target.name}; it has ${this.#containerNames.join(', ')}`);
  }

  #runnerOf(container: Container, isInit: boolean, statuses: readonly ContainerStatus[] = []): ContainerRunner {
    return new ContainerRunner({
      context: this.#context,
      pod: this.#pod,
      container,
      isInit,
      hasFinished: this.#hasFinished,
      logFolder: this.#folder.logs,
      prepare: () => launchableOf(this.#context, container, { pod: this.#pod, place: this.#place, root: this.#folder.root }),
      previous: statuses.find(({ name }) => name === container.name),
      onChange: () => {
        this.#statusTimer ??= setTimeout(() => this.#writeStatus(), statusDelayMs);
      },
    });
  }

  #runners(): readonly ContainerRunner[] {
    return [...this.#init, ...this.#main];
  }

  async #run(): Promise<void> {
    await this.#waitForVolumes();
    for (const runner of this.#init) {
      if (this.#ending.signal.aborted) return;
      await runner.run();
      if (runner.status().state.terminated?.exitCode !== 0) return;
    }
    if (!this.#ending.signal.aborted) await Promise.all(this.#main.map((runner) => runner.run()));
  }

  async #waitForVolumes(): Promise<void> {
    while (!this.#ending.signal.aborted && !this.#mount()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, missingRetryMs);
        this.#wakeVolumes = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isMounted = true;
  }

  /** True when volumes and mounts are in place; says once what is missing. */
  #mount(): boolean {
    const { port, caPem } = this.#context;
    let missing: string | undefined;
    try {
      missing = this.#folder.materialise({ port, pod: this.#pod, place: this.#place, caPem, tokenOf: (account) => this.#tokenOf(account) });
    } catch (error) {
      missing = messageOf(error);
    }
    if (missing !== undefined && missing !== this.#missing) {
      const message = this.#isMounted ? `update failed, the old files stay: ${missing}` : `MountVolume.SetUp failed: ${missing}`;
      recordEvent(this.#context, this.#pod, { type: 'Warning', reason: 'FailedMount', message });
    }
    this.#missing = missing;
    return missing === undefined;
  }

  /** One token per ServiceAccount object: an issuer that stamps the time gives another at each call. */
  #tokenOf(account: string): string {
    const { port } = this.#context;
    const { namespace } = this.#target;
    const id = `${account}/${port.find(serviceAccountsResource, namespace, account)?.metadata.uid}`;
    const token = this.#tokenByAccount.get(id) ?? port.serviceAccountToken(namespace, account);
    this.#tokenByAccount.set(id, token);
    return token;
  }

  #writeStatus(): void {
    clearTimeout(this.#statusTimer);
    this.#statusTimer = undefined;
    if (this.#isHalted) return;
    const [init, containers] = [this.#init, this.#main].map((runners) => runners.map((runner) => runner.status()));
    const view = { place: this.#place, init: init ?? [], containers: containers ?? [], startTime: this.#startTime };
    this.#context.counters.statusWrites++;
    const isWritten = guarded(this.#context, this.#pod, () => {
      this.#context.port.updateStatus(podsResource, this.#target, (current: KubeObject) => {
        const before = current as Pod;
        return { ...current, status: { ...before.status, ...podStatusOf(before, view, timeOf(Date.now())) } };
      });
    });
    if (!isWritten) this.#statusTimer = setTimeout(() => this.#writeStatus(), statusRetryMs);
  }

  #beginTermination(): void {
    this.#terminating ??= this.#report(this.#terminate(), 'a pod could not be removed');
  }

  async #terminate(): Promise<void> {
    const { metadata, spec } = this.#pod;
    const seconds = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? terminationGraceSecondsDefault;
    await this.#end(seconds * this.#context.pace.secondMs);
    if (this.#isHalted) return;
    if (!this.#hasFinished) this.#writeStatus();
    this.#folder.remove();
    this.#context.port.finishDelete(podsResource, this.#target);
  }

  async #end(graceMs: number): Promise<void> {
    this.#ending.abort();
    this.#wakeVolumes();
    await Promise.all(this.#runners().map((runner) => runner.stop(graceMs)));
    await this.#ended;
    clearTimeout(this.#statusTimer);
    this.#statusTimer = undefined;
  }

  #report(work: Promise<void>, what: string): Promise<void> {
    return work.catch((error: unknown) => {
      this.#context.counters.faults++;
      this.#context.log.error({ pod: podKeyOf(this.#pod), error: error instanceof Error ? error.stack : String(error) }, what);
    });
  }
}

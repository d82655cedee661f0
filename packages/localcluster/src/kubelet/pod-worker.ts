/** One pod from its acceptance to its removal. */

import { mkdirSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { KubeObject } from '../cluster-port.ts';
import { type ContainerRunner, createContainerRunner, type Launchable } from './container-runner.ts';
import { environmentOf, expand } from './environment.ts';
import { guarded, imageNameOf, type KubeletContext, messageOf, recordEvent } from './kubelet-context.ts';
import { missingRetryMs, statusDelayMs, statusRetryMs, terminationGraceSecondsDefault } from './limits.ts';
import type { LogPlace } from './log-source.ts';
import { type Container, type ContainerStatus, type Pod, podKeyOf, podsResource, serviceAccountsResource, timeOf } from './pod.ts';
import { podFolderOf } from './pod-folder.ts';
import { podStatusOf } from './pod-status.ts';

export interface PodWorker {
  readonly pod: Pod;
  /** Writes the first status, then starts the containers. */
  start(): void;
  /** A newer version of the object; its deletion starts the grace period. */
  update(pod: Pod): void;
  /** A ConfigMap, Secret or claim that the pod may refer to has changed. */
  refresh(): void;
  /** Ends the processes, and nothing else: the pod is started again by the next kubelet. */
  halt(graceMs: number): Promise<void>;
  /** The object is gone: ends the processes at once and removes the pod's folder. */
  discard(): Promise<void>;
  /** Place of a container's log. Throws an Error with a readable message for an unknown name. */
  logPlaceOf(container: string | undefined): LogPlace;
}

/** @param podIP Address this pod's programs listen on. */
export function createPodWorker(context: KubeletContext, first: Pod, podIP: string): PodWorker {
  const { port, pace } = context;
  const folder = podFolderOf(context.home, first);
  const place = { podIP, hostIP: context.hostIP, nodeName: context.nodeName };
  const target = { namespace: first.metadata.namespace ?? 'default', name: first.metadata.name, uid: first.metadata.uid };
  const startTime = first.status?.startTime ?? timeOf(Date.now());
  const hasFinished = first.status?.phase === 'Succeeded' || first.status?.phase === 'Failed';
  const ending = new AbortController();
  let pod = first;
  let halted = false;
  let ended: Promise<void> | undefined;
  let terminating: Promise<void> | undefined;
  let statusTimer: NodeJS.Timeout | undefined;
  let wakeVolumes = (): void => {};
  let mounted = false;
  let missingBefore: string | undefined;

  const tokenByAccount = new Map<string, string>();
  /** One token per ServiceAccount object: an issuer that stamps the time gives another at each call. */
  const tokenOf = (account: string): string => {
    const uid = port.find(serviceAccountsResource, target.namespace, account)?.metadata.uid ?? '';
    const token = tokenByAccount.get(`${account}/${uid}`) ?? port.serviceAccountToken(target.namespace, account);
    tokenByAccount.set(`${account}/${uid}`, token);
    return token;
  };

  const writeStatus = (): void => {
    clearTimeout(statusTimer);
    statusTimer = undefined;
    if (halted) return;
    const view = { place, init: init.map((runner) => runner.status()), containers: main.map((runner) => runner.status()), startTime };
    context.counters.statusWrites++;
    const isWritten = guarded(context, pod, () => {
      port.updateStatus(podsResource, target, (current: KubeObject) => {
        const before = current as Pod;
        return { ...current, status: { ...before.status, ...podStatusOf(before, view, timeOf(Date.now())) } };
      });
    });
    if (!isWritten) statusTimer = setTimeout(writeStatus, statusRetryMs);
  };

  const onChange = (): void => {
    statusTimer ??= setTimeout(writeStatus, statusDelayMs);
  };

  const prepare = (container: Container): Launchable => {
    const prefix = context.images[imageNameOf(container.image)];
    if (prefix === undefined && container.command === undefined) {
      const known = Object.keys(context.images).join(', ') || 'none';
      const message = `no program is known on this machine for image "${container.image}"; known: ${known}`;
      return { ok: false, reason: 'ErrImagePull', message };
    }
    const environment = environmentOf(container, {
      port,
      pod,
      place,
      root: folder.root,
      apiUrl: context.apiUrl,
      base: context.variables,
      parent: process.env,
    });
    if (!environment.ok) return { ok: false, reason: 'CreateContainerConfigError', message: environment.missing };
    const { variables } = environment;
    const byName = new Map(Object.entries(variables));
    const command = container.command?.map((part) => expand(part, byName)) ?? prefix ?? [];
    const argv = [...command, ...(container.args ?? []).map((part) => expand(part, byName))];
    const workingFolder = join(folder.root, normalize(`/${container.workingDir ?? ''}`));
    mkdirSync(workingFolder, { recursive: true });
    return { ok: true, podIP, plan: { argv, variables, workingFolder, owner: `${podKeyOf(pod)}/${container.name}` } };
  };

  const runnerOf = (container: Container, isInit: boolean, previous: readonly ContainerStatus[] = []): ContainerRunner =>
    createContainerRunner({
      context,
      pod: first,
      container,
      isInit,
      hasFinished,
      logFolder: folder.logs,
      prepare: () => prepare(container),
      previous: previous.find(({ name }) => name === container.name),
      onChange,
    });
  const init = (first.spec.initContainers ?? []).map((container) => runnerOf(container, true, first.status?.initContainerStatuses));
  const main = first.spec.containers.map((container) => runnerOf(container, false, first.status?.containerStatuses));
  const runners = (): readonly ContainerRunner[] => [...init, ...main];

  /** True when volumes and mounts are in place; says once what is missing. */
  const mount = (): boolean => {
    let missing: string | undefined;
    try {
      missing = folder.materialise({ port, pod, place, caPem: context.caPem, tokenOf });
    } catch (error) {
      missing = messageOf(error);
    }
    if (missing !== undefined && missing !== missingBefore) {
      const message = mounted ? `update failed, the old files stay: ${missing}` : `MountVolume.SetUp failed: ${missing}`;
      recordEvent(context, pod, { type: 'Warning', reason: 'FailedMount', message });
    }
    missingBefore = missing;
    return missing === undefined;
  };

  const waitForVolumes = async (): Promise<void> => {
    while (!ending.signal.aborted && !mount()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, missingRetryMs);
        wakeVolumes = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    mounted = true;
  };

  const run = async (): Promise<void> => {
    await waitForVolumes();
    for (const runner of init) {
      if (ending.signal.aborted) return;
      await runner.run();
      if (runner.status().state.terminated?.exitCode !== 0) return;
    }
    if (!ending.signal.aborted) await Promise.all(main.map((runner) => runner.run()));
  };

  const end = async (graceMs: number): Promise<void> => {
    ending.abort();
    wakeVolumes();
    await Promise.all(runners().map((runner) => runner.stop(graceMs)));
    await ended;
    clearTimeout(statusTimer);
    statusTimer = undefined;
  };

  const terminate = async (): Promise<void> => {
    const seconds = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? terminationGraceSecondsDefault;
    await end(seconds * pace.secondMs);
    if (halted) return;
    writeStatus();
    folder.remove();
    port.finishDelete(podsResource, target);
  };

  const report = (work: Promise<void>, what: string): Promise<void> =>
    work.catch((error: unknown) => {
      context.log.error({ pod: podKeyOf(pod), error: error instanceof Error ? error.stack : String(error) }, what);
    });

  return {
    get pod() {
      return pod;
    },
    start() {
      if (pod.metadata.deletionTimestamp === undefined) {
        if (hasFinished) return;
        writeStatus();
        ended = report(run(), 'a pod could not be run');
      } else terminating ??= report(terminate(), 'a pod could not be removed');
    },
    update(next) {
      pod = next;
      if (next.metadata.deletionTimestamp !== undefined) terminating ??= report(terminate(), 'a pod could not be removed');
    },
    refresh() {
      wakeVolumes();
      if (mounted && !ending.signal.aborted) mount();
      for (const runner of runners()) runner.wake();
    },
    async halt(graceMs) {
      halted = true;
      await end(graceMs);
    },
    async discard() {
      halted = true;
      await end(0);
      folder.remove();
    },
    logPlaceOf(name) {
      const names = [...(first.spec.initContainers ?? []), ...first.spec.containers].map((container) => container.name);
      const wanted = name ?? first.spec.containers[0]?.name;
      const runner = runners()[names.indexOf(wanted ?? '')];
      if (runner === undefined)
        throw new Error(`container ${wanted} is not valid for pod ${first.metadata.name}; it has ${names.join(', ')}`);
      return runner.logPlace();
    },
  };
}

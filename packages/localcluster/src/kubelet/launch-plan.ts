/** How a container of a pod is started: command, environment, working folder. */

import { mkdirSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { Launchable } from './container-runner.ts';
import { environmentOf, expand } from './environment.ts';
import { imageNameOf, type KubeletContext } from './kubelet-context.ts';
import { type Container, type Pod, podKeyOf } from './pod.ts';
import type { PodPlace } from './pod-fields.ts';

/** Kubernetes' default of terminationMessagePath. */
const MESSAGE_PATH = '/dev/termination-log';

/** @param where `root` is the pod's file system root; the working folder below it is made. */
export function launchableOf(
  context: KubeletContext,
  container: Container,
  where: { pod: Pod; place: PodPlace; root: string },
): Launchable {
  const { pod, place, root } = where;
  const prefix = context.images[imageNameOf(container.image)];
  if (prefix === undefined && container.command === undefined) {
    const known = Object.keys(context.images).join(', ') || 'none';
    const message = `no program is known on this machine for image "${container.image}"; known: ${known}`;
    return { ok: false, reason: 'ErrImagePull', message };
  }
  const { port, apiUrl, variables: base } = context;
  const environment = environmentOf(container, { port, pod, place, root, apiUrl, base, parent: process.env });
  if (!environment.ok) return { ok: false, reason: 'CreateContainerConfigError', message: environment.missing };
  const { variables } = environment;
  const byName = new Map(Object.entries(variables));
  const command = container.command?.map((part) => expand(part, byName)) ?? prefix ?? [];
  const argv = [...command, ...(container.args ?? []).map((part) => expand(part, byName))];
  const workingFolder = join(root, normalize(`/${container.workingDir ?? ''}`));
  mkdirSync(workingFolder, { recursive: true });
  const messagePath = join(root, normalize(`/${container.terminationMessagePath ?? MESSAGE_PATH}`));
  const owner = `${podKeyOf(pod)}/${container.name}`;
  return { ok: true, podIP: place.podIP, plan: { argv, variables, workingFolder, messagePath, owner } };
}

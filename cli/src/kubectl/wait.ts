import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject, Resource } from '@civitas/kube';
import { EXIT } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import type { KubectlContext } from './context.ts';
import { WAIT_LOOK_MS } from './limits.ts';
import { fullName } from './objects.ts';

export interface Awaited<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly object: T;
  readonly timeoutSeconds: number;
  /** What there is to tell now; told once, when it changes. */
  readonly progress: (object: T) => string;
  readonly isDone: (object: T) => boolean;
}

/**
 * Looks at an object until it is done, telling each step. What has begun goes on when this ends.
 *
 * @returns its last state; undefined when it was deleted meanwhile.
 * @throws Fault WAIT_TIMED_OUT.
 */
export async function waitFor<T extends KubeObject>(context: KubectlContext, awaited: Awaited<T>): Promise<T | undefined> {
  const { resource, object, timeoutSeconds, progress, isDone } = awaited;
  const { namespace, name } = object.metadata;
  const cluster = await context.cluster();
  const endUnixMs = context.nowUnixMs() + timeoutSeconds * 1000;
  let told = '';
  for (;;) {
    const now = await cluster.find(resource, { namespace, name }, { signal: context.signal });
    if (now === undefined) return undefined;
    const text = progress(now);
    if (text !== told && text !== '') context.terminal.line(text);
    told = text;
    if (isDone(now)) return now;
    if (context.nowUnixMs() >= endUnixMs) {
      const message = `${fullName(object)} is not done after ${timeoutSeconds} s: ${told || 'it says nothing yet'}; it goes on, kubectl civitas why says what it waits for`;
      throw new Fault('WAIT_TIMED_OUT', message, { exitCode: EXIT.timedOut });
    }
    await sleep(WAIT_LOOK_MS, undefined, { signal: context.signal });
  }
}

/** What every part of one kubelet shares. */

import type { ClusterPort, KubeObject } from '../cluster-port.ts';
import type { ProcessRegistry } from './process-registry.ts';

/** Structured log; pino's loggers fit as they are. */
export interface KubeletLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface KubeletContext {
  readonly port: ClusterPort;
  /** Folder of everything the kubelet keeps. */
  readonly home: string;
  readonly nodeName: string;
  readonly hostIP: string;
  readonly apiUrl: string;
  readonly caPem: string;
  /** Command prefix by image name without tag and digest. */
  readonly images: Readonly<Record<string, readonly string[]>>;
  /** Variables every container gets before its own. */
  readonly variables: Readonly<Record<string, string>>;
  readonly processes: ProcessRegistry;
  readonly log: KubeletLog;
  readonly pace: Pace;
  readonly counters: KubeletCounters;
}

/** Times that tests shorten. */
export interface Pace {
  /** Length of a second of a pod spec. */
  readonly secondMs: number;
  readonly crashBackoffMsMin: number;
  readonly crashBackoffMsMax: number;
  readonly crashBackoffResetMs: number;
}

/** Totals since the kubelet started. */
export interface KubeletCounters {
  containerStarts: number;
  containerRestarts: number;
  probeFailures: number;
  statusWrites: number;
  /** Pieces of work given up because of a fault, logs that could not be written among them. */
  faults: number;
  strays: number;
}

/** Records an Event about an object as this kubelet. */
export function recordEvent(
  context: KubeletContext,
  about: KubeObject,
  event: { type: 'Normal' | 'Warning'; reason: string; message: string },
): void {
  guarded(context, about, () => context.port.recordEvent(about, { ...event, component: 'kubelet' }));
}

/** Does one piece of work about an object; a fault is logged and counted and holds up no other object. */
export function guarded(context: KubeletContext, about: KubeObject, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    context.counters.faults++;
    const { namespace, name } = about.metadata;
    context.log.error(
      { kind: about.kind, namespace, object: name, error: messageOf(error) },
      'the kubelet could not do its work on an object',
    );
    return false;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An image's name without registry tag and digest: `civitas.dev/node` of `civitas.dev/node:0.1.0@sha256:…`. */
export function imageNameOf(image: string): string {
  const [name = ''] = image.split('@');
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

/** The three probes of a running container, in their order: startup first, then liveness and readiness. */

import type { Container, Probe } from './pod.ts';
import type { ProbeTarget } from './probe-check.ts';
import { type ProberOptions, startProber } from './prober.ts';

export interface ContainerProbesOptions {
  readonly target: ProbeTarget;
  /** Length of a second of the pod spec. */
  readonly secondMs: number;
  readonly onStarted: () => void;
  readonly onReady: (ready: boolean) => void;
  /** The container has to be restarted. */
  readonly onUnhealthy: (kind: 'startup' | 'liveness', probe: Probe) => void;
  readonly onFailure: (kind: ProberOptions['kind'], message: string) => void;
}

/** Starts looking; returns what ends it. A container without a probe counts as what that probe would say. */
export function startContainerProbes(container: Container, options: ContainerProbesOptions): () => void {
  const { target, secondMs } = options;
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const ends: (() => void)[] = [];
  const begin = (kind: ProberOptions['kind'], probe: Probe, onVerdict: (healthy: boolean) => void): void => {
    const onFailure = (message: string): void => options.onFailure(kind, message);
    ends.push(startProber({ kind, probe, target, secondMs, onVerdict, onFailure }));
  };
  const afterStartup = (): void => {
    options.onStarted();
    options.onReady(readinessProbe === undefined);
    if (readinessProbe !== undefined) begin('readiness', readinessProbe, options.onReady);
    if (livenessProbe === undefined) return;
    begin('liveness', livenessProbe, (healthy) => {
      if (!healthy) options.onUnhealthy('liveness', livenessProbe);
    });
  };
  if (startupProbe === undefined) afterStartup();
  else {
    begin('startup', startupProbe, (healthy) => {
      if (healthy) afterStartup();
      else options.onUnhealthy('startup', startupProbe);
    });
  }
  return () => {
    for (const end of ends) end();
  };
}

/** Repeats one probe and reports when its verdict changes. */

import { firstProbeMsMin } from './limits.ts';
import type { Probe } from './pod.ts';
import { checkProbe, type ProbeTarget } from './probe-check.ts';

export interface ProberOptions {
  readonly kind: 'startup' | 'liveness' | 'readiness';
  readonly probe: Probe;
  readonly target: ProbeTarget;
  /** Length of a second of the pod spec; tests make it shorter. */
  readonly secondMs: number;
  /** The first verdict, and each change. */
  readonly onVerdict: (healthy: boolean) => void;
  /** Each failed look. */
  readonly onFailure: (message: string) => void;
}

/** Starts looking; returns what ends it. */
export function startProber({ kind, probe, target, secondMs, onVerdict, onFailure }: ProberOptions): () => void {
  const periodMs = (probe.periodSeconds ?? 10) * secondMs;
  const timeoutMs = (probe.timeoutSeconds ?? 1) * secondMs;
  const failuresMax = probe.failureThreshold ?? 3;
  const successesMin = probe.successThreshold ?? 1;
  // A container still starting is asked often, so that it counts as ready soon; what a startup probe allows stays time.
  const quick = kind !== 'liveness';
  const startupEndsUnixMs = Date.now() + ((probe.initialDelaySeconds ?? 0) + failuresMax * (probe.periodSeconds ?? 10)) * secondMs;
  let verdict: boolean | undefined;
  let successes = 0;
  let failures = 0;
  let quickMs = firstProbeMsMin;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;

  const nextMs = (): number => {
    if (!quick || verdict === true) return periodMs;
    quickMs = Math.min(periodMs, quickMs * 1.25);
    return quickMs;
  };

  const isFailed = (): boolean => {
    if (kind === 'startup' || (kind === 'readiness' && verdict === undefined)) return Date.now() >= startupEndsUnixMs;
    return failures >= failuresMax;
  };

  const conclude = (next: boolean): void => {
    if (verdict === next) return;
    verdict = next;
    onVerdict(next);
  };

  const look = async (): Promise<void> => {
    const result = await checkProbe(probe, target, timeoutMs);
    if (ended) return;
    if (result.healthy) {
      failures = 0;
      successes++;
      if (successes >= successesMin) conclude(true);
    } else {
      successes = 0;
      failures++;
      // A program that has not opened its port yet is starting, not unhealthy: it is not reported before its threshold.
      if (verdict !== undefined || isFailed()) onFailure(result.message);
      if (isFailed()) conclude(false);
    }
    if (!ended && !(kind === 'startup' && verdict !== undefined)) timer = setTimeout(() => void look(), nextMs());
  };

  timer = setTimeout(() => void look(), (probe.initialDelaySeconds ?? 0) * secondMs);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

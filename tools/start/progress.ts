import type { KubeClient } from '@civitas/kube';
import { type CityStatus, fetchCityStatus, holds, missingOf, reasonOf } from './city-status.ts';
import { fetchPodsNotReady } from './pods-ready.ts';
import { StartRefused } from './start-refused.ts';

const POLL_MS = 250;
const OPERATOR_POD = 'civitas-operator';
/** A city that is not up by then is not coming up by itself; the message says what is missing. */
const DEADLINE_MS = 180_000;

interface UpRun {
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
  /** When this run began, before any pod was started. */
  readonly startedUnixMs: number;
}

/** Prints each change on the way up, and returns once networks, agencies and links are all what the sample asks for. */
export async function waitUntilUp(kube: KubeClient, run: UpRun): Promise<CityStatus> {
  const { say, stop, startedUnixMs } = run;
  const deadlineMs = performance.now() + DEADLINE_MS;
  const seen = new Map<string, string>();
  for (;;) {
    stop.throwIfAborted();
    const starting = await fetchPodsNotReady(kube, startedUnixMs);
    const status = await fetchCityStatus(kube);
    for (const [key, line] of [
      ...starting.map((pod): [string, string] => [`pod/${pod}`, `pod ${pod}: starting`]),
      ...linesOf(status, starting),
    ]) {
      if (seen.get(key) === line) continue;
      seen.set(key, line);
      say(line);
    }
    const missing = [...starting.map((pod) => `pod ${pod}: not ready`), ...missingOf(status)];
    if (missing.length === 0 && status.networks.length > 0) return status;
    if (performance.now() > deadlineMs) {
      throw new StartRefused(
        'TIMED_OUT',
        `the city is not up after ${DEADLINE_MS / 1000} s. Still missing:\n${missing.map((line) => `  ${line}`).join('\n')}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Lines about what this run has seen: while the operator's own process is still starting, conditions are the last run's. */
function linesOf(status: CityStatus, starting: readonly string[]): readonly (readonly [string, string])[] {
  if (starting.some((pod) => pod === OPERATOR_POD)) return [];
  const networkLines = status.networks
    .filter((item) => !starting.some((pod) => pod.startsWith(`${item.metadata.name}-`)))
    .map((item): readonly [string, string] => [
      `network/${item.metadata.name}`,
      holds(item, 'Available')
        ? `network ${item.metadata.name}: serving, ${item.spec.chainId}, height ${item.status?.height ?? 0}, ${item.status?.validators?.ready ?? 0} validator(s)`
        : `network ${item.metadata.name}: ${reasonOf(item, 'Available')}`,
    ]);
  const linkLines = status.links.map((item): readonly [string, string] => [
    `link/${item.metadata.name}`,
    holds(item, 'Flowing') ? `link ${item.metadata.name}: flowing` : `link ${item.metadata.name}: ${reasonOf(item, 'Flowing')}`,
  ]);
  return starting.length === 0 ? [...networkLines, ...linkLines] : networkLines;
}

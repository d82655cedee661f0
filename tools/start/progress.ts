import type { KubeClient } from '@civitas/kube';
import { type CityStatus, type Expected, fetchCityStatus, holds, missingOf, reasonOf } from './city-status.ts';
import { fetchPodsNotReady } from './pods-ready.ts';
import { StartRefused } from './start-refused.ts';

const POLL_MS = 250;
const OPERATOR_POD = 'civitas-operator';
/** A city that is not up by then is not coming up by itself; the message says what is missing. */
const DEADLINE_MS = 180_000;

interface UpRun {
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
  readonly expected: Expected;
}

/** Prints each change on the way up, and returns once networks, agencies and links are all what the sample asks for. */
export async function waitUntilUp(kube: KubeClient, run: UpRun): Promise<CityStatus> {
  const { say, stop, expected } = run;
  const deadlineMs = performance.now() + DEADLINE_MS;
  const seen = new Map<string, string>();
  for (;;) {
    stop.throwIfAborted();
    const starting = (await fetchPodsNotReady(kube)).filter((pod) => isExpected(pod, expected));
    const status = await fetchCityStatus(kube);
    for (const { key, state, line } of [...starting.map(startingLine), ...linesOf(status, starting)]) {
      if (seen.get(key) === state) continue;
      seen.set(key, state);
      say(line);
    }
    const missing = [...starting.map((pod) => `pod ${pod}: not ready`), ...missingOf(status, expected)];
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

function isExpected(pod: string, expected: Expected): boolean {
  return pod === OPERATOR_POD || pod.startsWith('relay-') || expected.networks.has(pod.replace(/-\d+$/, ''));
}

/** A line is said again when its state changes, not when a height does. */
interface ProgressLine {
  readonly key: string;
  readonly state: string;
  readonly line: string;
}

function startingLine(pod: string): ProgressLine {
  return { key: `pod/${pod}`, state: 'starting', line: `pod ${pod}: starting` };
}

/** Lines about what this run has seen: while the operator's own process is still starting, conditions are the last run's. */
function linesOf(status: CityStatus, starting: readonly string[]): readonly ProgressLine[] {
  if (starting.includes(OPERATOR_POD)) return [];
  const networkLines = status.networks
    .filter((item) => !starting.some((pod) => pod.startsWith(`${item.metadata.name}-`)))
    .map((item): ProgressLine => {
      const { name } = item.metadata;
      const reason = reasonOf(item, 'Available');
      if (!holds(item, 'Available')) return { key: `network/${name}`, state: reason, line: `network ${name}: ${reason}` };
      const { height = 0, validators } = item.status ?? {};
      const line = `network ${name}: serving, ${item.spec.chainId}, height ${height}, ${validators?.ready ?? 0} validator(s)`;
      return { key: `network/${name}`, state: 'serving', line };
    });
  const linkLines = status.links.map((item): ProgressLine => {
    const state = holds(item, 'Flowing') ? 'flowing' : reasonOf(item, 'Flowing');
    return { key: `link/${item.metadata.name}`, state, line: `link ${item.metadata.name}: ${state}` };
  });
  return starting.length === 0 ? [...networkLines, ...linkLines] : networkLines;
}

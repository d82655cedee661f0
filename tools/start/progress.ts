import type { KubeClient } from '@civitas/kube';
import { type CityStatus, fetchCityStatus, holds, missingOf, reasonOf } from './city-status.ts';
import { StartRefused } from './start-refused.ts';

const POLL_MS = 250;
/** A city that is not up by then is not coming up by itself; the message says what is missing. */
const DEADLINE_MS = 180_000;

/** Prints each change on the way up, and returns once networks, agencies and links are all what the sample asks for. */
export async function waitUntilUp(kube: KubeClient, say: (line: string) => void, signal: AbortSignal): Promise<CityStatus> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  const seen = new Map<string, string>();
  for (;;) {
    signal.throwIfAborted();
    const status = await fetchCityStatus(kube);
    for (const [key, line] of linesOf(status)) {
      if (seen.get(key) === line) continue;
      seen.set(key, line);
      say(line);
    }
    const missing = missingOf(status);
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

function linesOf(status: CityStatus): readonly (readonly [string, string])[] {
  return [
    ...status.networks.map((item): readonly [string, string] => [
      `network/${item.metadata.name}`,
      holds(item, 'Available')
        ? `network ${item.metadata.name}: serving, ${item.spec.chainId}, ${item.status?.validators?.ready ?? 0} validator(s)`
        : `network ${item.metadata.name}: ${reasonOf(item, 'Available')}`,
    ]),
    ...status.links.map((item): readonly [string, string] => [
      `link/${item.metadata.name}`,
      holds(item, 'Flowing') ? `link ${item.metadata.name}: flowing` : `link ${item.metadata.name}: ${reasonOf(item, 'Flowing')}`,
    ]),
  ];
}

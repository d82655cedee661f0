import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { MachineCluster } from '../machine/machine-cluster.ts';
import { runCivitas } from './sample-city.ts';

/** Between two cases: the machine has two cores for everything. */
const PAUSE_MS = 1000;

export interface ProbeTraffic {
  /** Cases that were carried from the first to the last step. */
  readonly carried: number;
  /** What those that were not said. */
  readonly failed: readonly string[];
}

/** Carries one case after the other across the networks while work is done; each is operations on three ledgers, with proofs between them. */
export async function withProbeTraffic<Result>(
  cluster: MachineCluster,
  home: string,
  work: () => Promise<Result>,
): Promise<{ result: Result; traffic: ProbeTraffic }> {
  const ended = new AbortController();
  const failed: string[] = [];
  let carried = 0;
  const traffic = (async (): Promise<void> => {
    for (let seed = 1000; !ended.signal.aborted; seed += 1) {
      try {
        // As a client must within the overlap of a new authority: it fetches what to trust.
        await runCivitas(cluster, home, ['login']);
        await runCivitas(cluster, home, ['case', 'run', 'traffic-fine', '--seed', String(seed), '--out', join(home, `probe-${seed}.json`)]);
        carried += 1;
      } catch (error) {
        failed.push(error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error));
      }
      await pause(PAUSE_MS);
    }
  })();
  try {
    const result = await work();
    return { result, traffic: await stopTraffic() };
  } finally {
    await stopTraffic();
  }

  async function stopTraffic(): Promise<ProbeTraffic> {
    ended.abort();
    await traffic;
    return { carried, failed };
  }
}

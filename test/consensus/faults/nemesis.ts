import { LateError, waitFor } from '@civitas/testkit';
import type { ClientLoad } from './client-load.ts';
import { faultOf } from './fault.ts';
import type { FaultyNetwork } from './faulty-network.ts';
import { failuresMax, halts, type PlannedFault } from './schedule.ts';

/** Bound of everything that a network with a quorum must do by itself, ms: it is liveness that is asked for, not speed. */
const LIVENESS_MS = 90_000;
/** Receipts that clients must get for operations of while a fault lasts, where the network is to go on. */
const PROGRESS = 3;
/** A node this near to the highest has caught up: the others go on meanwhile. */
const NEAR_BLOCKS = 10;

/** Does the faults of a schedule to a network under load, one after another, and waits for what each must bring about. */
export class Nemesis {
  readonly #faulty: FaultyNetwork;
  readonly #load: ClientLoad;
  readonly #recovering = new Set<number>();
  /** What happened, for a failed run. */
  readonly trace: string[] = [];
  readonly counts = new Map<string, number>();

  constructor(faulty: FaultyNetwork, load: ClientLoad) {
    this.#faulty = faulty;
    this.#load = load;
  }

  /** @throws Error with the trace when the network does not do what it must. */
  async run(schedule: readonly PlannedFault[]): Promise<void> {
    for (const planned of schedule) {
      const startedMs = performance.now();
      const line = `${planned.kind} ${planned.victims.join()} ${planned.amount}`;
      try {
        await this.#step(planned);
      } catch (error) {
        // What was late stays so by its name, or it has no second try.
        const Kind = error instanceof LateError ? LateError : Error;
        throw new Kind(`${line} after:\n${this.trace.join('\n')}\n${this.#faulty.network.logs(12)}`, { cause: error });
      }
      this.trace.push(`${line} (${Math.round(performance.now() - startedMs)} ms)`);
      this.counts.set(planned.kind, (this.counts.get(planned.kind) ?? 0) + 1);
    }
    await this.#recovered();
  }

  async #step(planned: PlannedFault): Promise<void> {
    const { kind, victims, isAwaited } = planned;
    const hurt = new Set([...this.#recovering, ...victims]);
    if (halts(kind) || hurt.size > failuresMax(this.#faulty.network.indexes.length)) await this.#recovered();
    const fault = faultOf(this.#faulty, planned);
    await fault.strike();
    try {
      await fault.witness();
      if (halts(kind)) await this.#halted(victims);
      else await this.#load.progress(PROGRESS, LIVENESS_MS);
    } finally {
      await fault.heal();
    }
    for (const victim of victims) this.#recovering.add(victim);
    if (halts(kind)) await this.#load.progress(PROGRESS, LIVENESS_MS);
    if (isAwaited) await this.#recovered();
  }

  /** Those who are left say that they are halted and why, refuse work with it, and decide nothing. */
  async #halted(victims: readonly number[]): Promise<void> {
    const { network } = this.#faulty;
    const left = network.indexes.filter((node) => !victims.includes(node));
    const said = /^engine: halted, (no votes|votes from \d+ of \d+ validators, \d+ needed)$/;
    for (const node of left) {
      const isHalted = async (): Promise<boolean> => {
        const { halted, unwell } = await network.status(node);
        return halted && said.test(unwell);
      };
      await waitFor(`node ${node} to say that it is halted`, isHalted, LIVENESS_MS);
    }
    const refused = this.#load.refusals.get('HALTED') ?? 0;
    await waitFor('HALTED refusals', () => (this.#load.refusals.get('HALTED') ?? 0) > refused, LIVENESS_MS);
  }

  /** Until every node that was hurt serves, is well, and stands where the others stand. */
  async #recovered(): Promise<void> {
    const { network, watcher } = this.#faulty;
    for (const node of this.#recovering) {
      const isBack = async (): Promise<boolean> => {
        const { phase, unwell, caughtUp, height } = await network.status(node);
        return phase === 'Serving' && unwell === '' && caughtUp && Number(height) >= watcher.height - NEAR_BLOCKS;
      };
      await waitFor(`node ${node} to be back`, isBack, LIVENESS_MS);
    }
    this.#recovering.clear();
  }
}

import { printedSeed, type SeededRandom, seededRandom } from '@civitas/testkit';
import { ClientLoad } from './client-load.ts';
import { FaultyNetwork, impossibleFaults } from './faulty-network.ts';
import { findingsOfRun } from './judge.ts';
import { Nemesis } from './nemesis.ts';
import { EvidenceCollector, type RunEvidence } from './run-evidence.ts';
import { type FaultKind, type ScheduleOptions, scheduleOf } from './schedule.ts';

/** Time for the network to become whole and answer every operation after the last fault, ms. */
const HEAL_MS = 120_000;
const CLIENTS = 5;

export interface FaultRunOptions {
  readonly title: string;
  readonly validators: number;
  readonly deck: ScheduleOptions['deck'];
  /** At least so many faults in all; the deck is played again, in another order, until then. */
  readonly faultsMin: number;
}

/** What a run has reached. */
export interface FaultRun {
  readonly faults: ReadonlyMap<string, number>;
  readonly findings: readonly string[];
  readonly acknowledged: number;
  /** Operations that were handed over more than once. */
  readonly repeated: number;
  /** Operations that stand in more than one place of the chain. */
  readonly orderedAgain: number;
  /** Blocks that were not decided in the first round. */
  readonly laterRounds: number;
  readonly haltedNodes: number;
  readonly catchingUpNodes: number;
  readonly refusals: ReadonlyMap<string, number>;
}

function playable(deck: ScheduleOptions['deck'], impossible: ReadonlyMap<FaultKind, string>): ScheduleOptions['deck'] {
  return Object.fromEntries(Object.entries(deck).filter(([kind]) => !impossible.has(kind as FaultKind)));
}

interface Playing {
  readonly faulty: FaultyNetwork;
  readonly load: ClientLoad;
  readonly nemesis: Nemesis;
  readonly options: FaultRunOptions;
  readonly random: SeededRandom;
}

/** One schedule under load; then everything is healed, and what each node says is laid before the judge. */
async function playRound({ faulty, load, nemesis, options, random }: Playing): Promise<RunEvidence> {
  const { network, watcher } = faulty;
  const fromHeight = watcher.height;
  load.start();
  const { validators } = options;
  await nemesis.run(scheduleOf({ deck: playable(options.deck, impossibleFaults()), validators, prepared: faulty.prepared, random }));
  const operations = await load.settle(HEAL_MS);
  const highest = Math.max(...operations.map(({ answer }) => answer?.receipt.height ?? 0));
  // A receipt is proven by the header after its block.
  await network.waitForHeight(highest + 1, network.indexes, HEAL_MS);
  const { height: toHeight } = await network.agreement(network.indexes, HEAL_MS);
  return new EvidenceCollector(network).collect(operations, { fromHeight, toHeight });
}

/**
 * A network under load and faults, judged after every round. Prints its seed and what it reached; the same CIVITAS_SEED gives the same
 * schedule.
 *
 * @throws Error with the trace when the network does not heal within its bounds.
 */
export async function runFaults(options: FaultRunOptions): Promise<FaultRun> {
  const seed = printedSeed(options.title);
  // Streams of their own: how often a link or a client draws must not change the schedule.
  const random = seededRandom(seed);
  const faulty = await FaultyNetwork.start({ validators: options.validators, random: seededRandom(seed + 1n) });
  const load = new ClientLoad(faulty.network, { random: seededRandom(seed + 2n), clients: CLIENTS });
  try {
    const nemesis = new Nemesis(faulty, load);
    const evidence: RunEvidence[] = [];
    const findings: string[] = [];
    while (findings.length === 0 && nemesis.trace.length < options.faultsMin) {
      const round = await playRound({ faulty, load, nemesis, options, random });
      evidence.push(round);
      findings.push(...findingsOfRun(round), ...faulty.watcher.findings);
    }
    const places = evidence.flatMap((round) => round.history.map(({ operationHash }) => round.places.get(operationHash)?.length ?? 0));
    const run: FaultRun = {
      faults: nemesis.counts,
      findings,
      acknowledged: load.acknowledged,
      repeated: load.repeated,
      orderedAgain: places.filter((count) => count > 1).length,
      laterRounds: evidence.flatMap(({ rounds }) => rounds).filter((round) => round > 0).length,
      haltedNodes: faulty.watcher.halted.size,
      catchingUpNodes: faulty.watcher.catchingUp.size,
      refusals: load.refusals,
    };
    process.stderr.write(`${options.title}: ${nemesis.trace.length} faults\n${nemesis.trace.join('\n')}\n${inWords(run)}\n`);
    return run;
  } finally {
    load.abandon();
    await faulty.close();
  }
}

function inWords(run: FaultRun): string {
  const listed = (counts: ReadonlyMap<string, number>): string => [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  const { faults, refusals, findings, ...counts } = run;
  const numbers = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return `faults: ${listed(faults)}\nreached: ${numbers.join(', ')}\nrefusals: ${listed(refusals)}\nfindings: ${findings.length}`;
}

import { connectCluster, openParties, type Parties, refreshProfile } from '@civitas/cli';
import { aRegistration } from '../documents.ts';

/** What a load went through between two moments. */
export interface LoadFigures {
  readonly committed: number;
  /** Operations that were refused or given up for lost, by code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly longestCommitGapMs: number;
  readonly p50Ms: number;
  readonly slowestMs: number;
}

interface Answer {
  readonly dueMs: number;
  readonly atMs: number;
  readonly failure: string | undefined;
}

/** Credentials are read anew this often: a roll-over of the authority replaces them while the load runs. */
const REOPEN_MS = 5_000;
const AGENCY = 'hospital-1';

/** Registrations at a steady rate, each at its moment whether or not earlier ones have answered. */
export class SteadyLoad {
  readonly #home: string;
  readonly #network: string;
  readonly #answers: Answer[] = [];
  readonly #open = new Set<Promise<void>>();
  readonly #kube: ReturnType<typeof connectCluster>;
  readonly #past: Parties[] = [];
  #parties: Parties;
  #timers: NodeJS.Timeout[] = [];

  constructor(home: string, network: string) {
    this.#home = home;
    this.#network = network;
    this.#kube = connectCluster(home);
    this.#parties = openParties(home);
  }

  start(perSecond: number): void {
    this.#timers = [setInterval(() => this.#submit(), 1000 / perSecond), setInterval(() => void this.#reopen(), REOPEN_MS)];
  }

  /** What an application does that runs for long: fetches its certificates, and goes on with them. */
  async #reopen(): Promise<void> {
    await refreshProfile(this.#home, AGENCY, this.#kube);
    this.#past.push(this.#parties);
    this.#parties = openParties(this.#home);
  }

  /** Resolves once everything that is open has answered. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#open);
    for (const parties of [...this.#past, this.#parties]) parties.close();
    this.#kube.close();
  }

  /** What was due from one moment to another; what has no answer yet is waited for. */
  async figures(fromMs: number, untilMs: number): Promise<LoadFigures> {
    await Promise.all(this.#open);
    const due = this.#answers.filter(({ dueMs }) => dueMs >= fromMs && dueMs < untilMs);
    const committed = due.filter(({ failure }) => failure === undefined);
    const failed: Record<string, number> = {};
    for (const { failure } of due) if (failure !== undefined) failed[failure] = (failed[failure] ?? 0) + 1;
    const times = [fromMs, ...committed.map(({ atMs }) => atMs).sort((left, right) => left - right)];
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs));
    const latencies = committed.map(({ dueMs, atMs }) => atMs - dueMs).sort((left, right) => left - right);
    return {
      committed: committed.length,
      failed,
      longestCommitGapMs: Math.round(Math.max(0, ...gaps)),
      p50Ms: Math.round(latencies[latencies.length >> 1] ?? 0),
      slowestMs: Math.round(latencies.at(-1) ?? 0),
    };
  }

  #submit(): void {
    const dueMs = performance.now();
    const failure = this.#parties
      .ledger(AGENCY, this.#network)
      .submitBulk(aRegistration())
      .then(
        (answer) => (answer.ok ? undefined : answer.refusal.code),
        (error: unknown) => (error instanceof Error ? error.message.slice(0, 80) : String(error)),
      );
    const answered = failure.then((why) => {
      this.#answers.push({ dueMs, atMs: performance.now(), failure: why });
      this.#open.delete(answered);
    });
    this.#open.add(answered);
  }
}

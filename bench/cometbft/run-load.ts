import type { LoadResult, LoadRun } from './load-messages.ts';
import type { PreparedMessage } from './operations.ts';
import type { SubmitStreams } from './submit-streams.ts';

const DRAIN_LIMIT_MS = 30_000;
const TICK_MS = 4;
/** Pause of a closed loop after a refusal, so that it does not spin, ms. */
const REFUSED_PAUSE_MS = 50;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const now = (): number => performance.timeOrigin + performance.now();

/** Bookkeeping of one run. */
class Run {
  readonly #dueMs = new Map<number, number>();
  readonly #latencies: number[] = [];
  readonly #refusals: Record<string, number> = {};
  readonly #from: number;
  readonly until: number;
  #offered = 0;
  #meanwhile = 0;
  #inAll = 0;
  signedMeanwhile = 0;

  constructor({ startUnixMs, warmUpMs, measureMs }: LoadRun) {
    this.#from = startUnixMs + warmUpMs;
    this.until = this.#from + measureMs;
  }

  #isMeasured(atMs: number): boolean {
    return atMs >= this.#from && atMs < this.until;
  }

  get openCount(): number {
    return this.#dueMs.size;
  }

  /** @param stepMs between the due times of the message's operations. */
  due({ first, count }: PreparedMessage, atMs: number, stepMs: number): void {
    for (let at = 0; at < count; at++) {
      const dueMs = atMs + at * stepMs;
      this.#dueMs.set(first + at, dueMs);
      if (this.#isMeasured(dueMs)) this.#offered += 1;
    }
  }

  answered(sequence: number, code: string): void {
    const dueMs = this.#dueMs.get(sequence);
    if (dueMs === undefined) return;
    this.#dueMs.delete(sequence);
    if (code !== '') {
      this.#refusals[code] = (this.#refusals[code] ?? 0) + 1;
      return;
    }
    const atMs = now();
    this.#inAll += 1;
    if (this.#isMeasured(atMs)) this.#meanwhile += 1;
    if (this.#isMeasured(dueMs)) this.#latencies.push(atMs - dueMs);
  }

  result(cpuMicros: number): LoadResult {
    if (this.openCount > 0) this.#refusals['UNANSWERED'] = this.openCount;
    return {
      offered: this.#offered,
      committed: this.#latencies.length,
      committedMeanwhile: this.#meanwhile,
      committedInAll: this.#inAll,
      latenciesMs: Float64Array.from(this.#latencies),
      refusals: this.#refusals,
      cpuMicros,
      signedMeanwhile: this.signedMeanwhile,
    };
  }
}

function closedLoop(streams: SubmitStreams, run: Run, next: () => PreparedMessage, window: number): void {
  const each = Math.max(1, Math.floor(window / streams.count));
  const inFlight = Array.from({ length: streams.count }, () => 0);
  const refill = (stream: number): void => {
    while ((inFlight[stream] ?? 0) < each && now() < run.until) {
      const message = next();
      inFlight[stream] = (inFlight[stream] ?? 0) + message.count;
      run.due(message, now(), 0);
      streams.send(stream, message);
    }
  };
  streams.onAnswer = (stream, sequence, code) => {
    run.answered(sequence, code);
    inFlight[stream] = (inFlight[stream] ?? 0) - 1;
    if (code === '') refill(stream);
    else setTimeout(() => refill(stream), REFUSED_PAUSE_MS);
  };
  for (let stream = 0; stream < streams.count; stream++) refill(stream);
}

/**
 * Operations are due at their moment, and timed from it, whether or not the node keeps up. A group leaves when its last is due, as a
 * client that gathers would send it.
 */
async function openLoop(
  streams: SubmitStreams,
  run: Run,
  next: () => PreparedMessage,
  load: { readonly perSecond: number; readonly startMs: number },
): Promise<void> {
  streams.onAnswer = (_, sequence, code) => run.answered(sequence, code);
  const stepMs = 1000 / load.perSecond;
  let offered = 0;
  for (let turn = 0; ; turn++) {
    const message = next();
    const dueMs = load.startMs + offered * stepMs;
    const leavesMs = dueMs + (message.count - 1) * stepMs;
    if (leavesMs >= run.until) return;
    const waitMs = leavesMs - now();
    // Many a millisecond leave together at the next tick: a timer each would cost more than the submission.
    if (waitMs > 0) await sleep(stepMs * message.count < TICK_MS ? Math.max(TICK_MS, waitMs) : waitMs);
    run.due(message, dueMs, stepMs);
    offered += message.count;
    streams.send(turn % streams.count, message);
  }
}

/** CPU of this process between two moments, µs. */
async function cpuBetween(fromMs: number, untilMs: number): Promise<number> {
  await sleep(Math.max(0, fromMs - now()));
  const before = process.cpuUsage();
  await sleep(Math.max(0, untilMs - now()));
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Until no more than so many operations are open, or the limit. */
async function drained(run: Run, open: number): Promise<void> {
  for (const limitMs = now() + DRAIN_LIMIT_MS; run.openCount > open && now() < limitMs; ) await sleep(20);
}

/** Prepared messages, oldest first, and how more are made when they run out. */
export interface MessageSupply {
  readonly prepared: PreparedMessage[];
  readonly makeMore: () => PreparedMessage;
}

/** Runs one load to its end and waits for what is still open. */
export async function runLoad(streams: SubmitStreams, supply: MessageSupply, parts: LoadRun): Promise<LoadResult> {
  const { prepared, makeMore } = supply;
  const run = new Run(parts);
  let taken = 0;
  const next = (): PreparedMessage => {
    const message = prepared[taken++];
    if (message !== undefined) return message;
    const made = makeMore();
    run.signedMeanwhile += made.count;
    return made;
  };
  await sleep(parts.startUnixMs - now());
  const cpu = cpuBetween(parts.startUnixMs + parts.warmUpMs, run.until);
  if (parts.load.kind === 'open') await openLoop(streams, run, next, { perSecond: parts.load.perSecond, startMs: parts.startUnixMs });
  else closedLoop(streams, run, next, parts.load.window);
  const cpuMicros = await cpu;
  await drained(run, 0);
  // A load above what the network bears leaves a queue, which is not the next load's to wait for.
  if (run.openCount > 0) await drained(run, streams.drop());
  prepared.length = 0;
  return run.result(cpuMicros);
}

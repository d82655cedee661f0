import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../keys/write-file-atomically.ts';
import { LOOK_MS_MAX, STANDSTILL_MS_MAX, STANDSTILL_MS_MIN, STANDSTILL_TOLD_MS } from './limits.ts';
import type { OwnMove } from './own-move.ts';

/** How often an engine was ended for standing still since it last made a block. */
const FAILURES = 'failures';
const FAILURES_COUNTED_MAX = 16;

/** What one look at the engine found. */
export interface EngineLook {
  /** Monotonic, ms. */
  readonly atMs: number;
  /** The engine waits for this process: it is slow because we are. */
  readonly isBusy: boolean;
  readonly seen: EngineSight | undefined;
}

export interface EngineSight {
  /** Height that it decides. */
  readonly height: number;
  readonly round: number;
  readonly step: number;
  /** What it does next without anybody else; undefined while it waits for others. */
  readonly ownMove: OwnMove | undefined;
  readonly isCatchingUp: boolean;
  readonly validatorCount: number;
  /** Heights that its peers decide, as they say. */
  readonly peerHeights: readonly number[];
}

/** Peers of which at least one tells the truth: more than the faulty ones that a set of equal powers bears. */
export function peersBelieved(validatorCount: number): number {
  return Math.floor(Math.max(0, validatorCount - 1) / 3) + 1;
}

/** Ended for this failure, the next time of waiting is twice as long. */
export function standstillMsOf(failures: number): number {
  return Math.min(STANDSTILL_MS_MAX, STANDSTILL_MS_MIN * 2 ** Math.min(failures, FAILURES_COUNTED_MAX));
}

/**
 * Tells an engine that has failed and lives on from one that waits for the others: CometBFT's consensus ends with a panic or a full disk
 * while its process, peers and RPC stay. It has failed when it does not answer, decides a height that its peers have left behind, or does
 * not do what it does alone. Where all wait at one height and each has cast its vote, nobody has.
 */
export class Standstill {
  readonly #home: string;
  #failures: number;
  #seen: EngineSight | undefined;
  #aloneMs = 0;
  #idleMs = 0;
  #silentMs = 0;
  #lastMs: number | undefined;

  constructor(home: string) {
    this.#home = home;
    this.#failures = readFailures(home);
  }

  /** @returns why the engine has to be ended; undefined while it has not failed. */
  observe({ atMs, isBusy, seen }: EngineLook): string | undefined {
    const elapsedMs = Math.min(LOOK_MS_MAX, atMs - (this.#lastMs ?? atMs));
    this.#lastMs = atMs;
    this.#silentMs = seen !== undefined || isBusy ? 0 : this.#silentMs + elapsedMs;
    if (seen !== undefined) this.#compare(seen, isBusy ? 0 : elapsedMs);
    return this.#findingAfter(standstillMsOf(this.#failures));
  }

  /** What is said of it before it is ended; undefined while nothing is. */
  get suspicion(): string | undefined {
    return this.#findingAfter(STANDSTILL_TOLD_MS);
  }

  /** Kept for the next life; the engine is ended whether this can be written or not. */
  ended(): void {
    writeFileAtomically(join(this.#home, FAILURES), Buffer.from(String(Math.min(this.#failures + 1, FAILURES_COUNTED_MAX))));
  }

  /** A block: whatever it failed of is over, and so is the longer waiting. */
  committed(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    rmSync(join(this.#home, FAILURES), { force: true });
  }

  #findingAfter(boundMs: number): string | undefined {
    const { height = 0, round = 0, ownMove } = this.#seen ?? {};
    if (this.#silentMs >= boundMs) return `it has not answered for ${this.#silentMs} ms`;
    if (this.#aloneMs >= boundMs) return `it stands at height ${height}, which its peers have left behind`;
    const isIdle = ownMove !== undefined && this.#idleMs >= boundMs + ownMove.afterMs;
    return isIdle ? `it stands at height ${height}, round ${round}: ${ownMove.undone}` : undefined;
  }

  #compare(seen: EngineSight, elapsedMs: number): void {
    const { height, round, step, isCatchingUp, ownMove, validatorCount, peerHeights } = seen;
    const last = this.#seen;
    this.#seen = seen;
    if (height !== last?.height || isCatchingUp) this.#aloneMs = 0;
    const ahead = peerHeights.filter((peerHeight) => peerHeight > height).length;
    if (!isCatchingUp && ahead >= peersBelieved(validatorCount)) this.#aloneMs += elapsedMs;
    const isThere = height === last?.height && round === last.round && step === last.step;
    this.#idleMs = isThere && ownMove !== undefined && !isCatchingUp ? this.#idleMs + elapsedMs : 0;
  }
}

function readFailures(home: string): number {
  try {
    const failures = Number(readFileSync(join(home, FAILURES), 'utf8'));
    return Number.isSafeInteger(failures) && failures > 0 ? failures : 0;
  } catch {
    return 0;
  }
}

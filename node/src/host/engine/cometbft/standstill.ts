import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../keys/write-file-atomically.ts';
import { LOOK_MS_MAX, STANDSTILL_MS_MAX, STANDSTILL_MS_MIN } from './limits.ts';

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
 * while its process, peers and RPC stay. It has failed when it does not answer, or decides a height that its peers have left behind; where
 * all wait at one height, nobody has.
 */
export class Standstill {
  readonly #home: string;
  readonly #standstillMs: number;
  #failures: number;
  #height = 0;
  #aloneMs = 0;
  #silentMs = 0;
  #lastMs: number | undefined;

  constructor(home: string) {
    this.#home = home;
    this.#failures = readFailures(home);
    this.#standstillMs = standstillMsOf(this.#failures);
  }

  /** @returns why the engine has to be ended; undefined while it has not failed. */
  observe({ atMs, isBusy, seen }: EngineLook): string | undefined {
    const elapsedMs = Math.min(LOOK_MS_MAX, atMs - (this.#lastMs ?? atMs));
    this.#lastMs = atMs;
    this.#silentMs = seen !== undefined || isBusy ? 0 : this.#silentMs + elapsedMs;
    if (seen !== undefined) this.#compare(seen, isBusy ? 0 : elapsedMs);
    if (this.#silentMs >= this.#standstillMs) return `it has not answered for ${this.#silentMs} ms`;
    return this.#aloneMs >= this.#standstillMs ? `it stands at height ${this.#height}, which its peers have left behind` : undefined;
  }

  /** Kept for the next life; the engine is ended whether this can be written or not. */
  ended(): void {
    writeFileAtomically(join(this.#home, FAILURES), Buffer.from(String(Math.min(this.#failures + 1, FAILURES_COUNTED_MAX))));
  }

  /** A block: whatever it failed of is over. */
  committed(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    rmSync(join(this.#home, FAILURES), { force: true });
  }

  #compare({ height, isCatchingUp, validatorCount, peerHeights }: EngineSight, elapsedMs: number): void {
    if (height !== this.#height || isCatchingUp) this.#aloneMs = 0;
    this.#height = height;
    const ahead = peerHeights.filter((peerHeight) => peerHeight > height).length;
    if (!isCatchingUp && ahead >= peersBelieved(validatorCount)) this.#aloneMs += elapsedMs;
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

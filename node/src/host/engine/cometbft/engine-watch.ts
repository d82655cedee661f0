import { EngineFault } from './engine-fault.ts';
import type { EngineRpc, RoundVotes } from './engine-rpc.ts';
import { HALTED_AFTER_MS, WATCH_MS } from './limits.ts';
import { findOwnMove } from './own-move.ts';
import type { SignerWatch } from './signer-watch.ts';
import type { EngineSight } from './standstill.ts';

export interface EngineWatchOptions {
  readonly rpc: Pick<EngineRpc, 'status' | 'peerIds' | 'roundVotes' | 'peerHeights'>;
  /** Looked at with the engine, and while that does not start for want of it. */
  readonly signer?: Pick<SignerWatch, 'look' | 'proof' | 'isSilent'>;
  /** Told when a signer that dialled anew has not shown that it holds the key of before. */
  readonly onSignerFault?: (fault: EngineFault) => void;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
  readonly emptyBlockIntervalMs: number;
  /** Told each time the engine answers after it did not. */
  readonly onAnswering: () => void;
  /** Told what each look found, undefined where the engine did not answer. */
  readonly onLook: (seen: EngineSight | undefined) => void;
  /** Told at each look which peers the engine has. */
  readonly onPeers: (peerIds: readonly string[]) => void;
}

/** What was last seen of the engine. */
interface Seen {
  readonly version: string;
  readonly isCatchingUp: boolean;
  readonly peerCount: number;
  readonly votes: RoundVotes | undefined;
}

const UNSEEN: Seen = { version: '', isCatchingUp: true, peerCount: 0, votes: undefined };
const BIT_ARRAY = /^BA\{(\d+):([x_]*)\}/;

/** Of a bit array as CometBFT prints it, such as `BA{4:xx__} 20/40 = 0.50`: how many of how many. */
export function countVotes(bitArray: string): { readonly votes: number; readonly validators: number } {
  const [, validators = '0', bits = ''] = BIT_ARRAY.exec(bitArray) ?? [];
  return { votes: bits.replaceAll('_', '').length, validators: Number(validators) };
}

/** Validators that commit a block, all of one power: more than two thirds. */
export function votesNeeded(validators: number): number {
  return Math.floor((2 * validators) / 3) + 1;
}

/** The votes that a round waits for: precommits once it has prevotes enough. */
function waitedFor({ prevotes, precommits }: RoundVotes['rounds'][number]): ReturnType<typeof countVotes> {
  const counted = countVotes(prevotes);
  return counted.votes >= votesNeeded(counted.validators) ? countVotes(precommits) : counted;
}

/** Looks at the engine once in a while: halted, peers, version. It decides nothing; status, admission and the standstill read it. */
export class EngineWatch {
  readonly #options: EngineWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #seen: Seen = UNSEEN;
  #isAnswering = false;
  #isLooking = false;
  #hasBegun = false;
  /** When the last block was committed, or the engine's process came. */
  #lastCommitMs: number;
  /** Since when work waits without a commit; undefined while none does. */
  #waitingSinceMs: number | undefined;

  constructor(options: EngineWatchOptions) {
    this.#options = options;
    this.#lastCommitMs = options.nowMs();
    this.#timer = setInterval(() => void this.look(), WATCH_MS);
    this.#timer.unref();
  }

  get seen(): Seen {
    return this.#seen;
  }

  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The engine's process has come: from now on blocks are due. Peers, a grant or a hand-over may have been waited for until now. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#lastCommitMs = this.#options.nowMs();
  }

  committed(waitingCount: number): void {
    this.#lastCommitMs = this.#options.nowMs();
    this.#waitingSinceMs = waitingCount === 0 ? undefined : this.#lastCommitMs;
  }

  workWaits(): void {
    this.#waitingSinceMs ??= this.#options.nowMs();
  }

  workIsDone(): void {
    this.#waitingSinceMs = undefined;
  }

  /** No block although one was due: work has waited too long, or even an idle network would have made one. */
  isHalted(): boolean {
    const { nowMs, emptyBlockIntervalMs } = this.#options;
    if (!this.#hasBegun) return false;
    const now = nowMs();
    const waitedMs = this.#waitingSinceMs === undefined ? 0 : now - Math.max(this.#waitingSinceMs, this.#lastCommitMs);
    return waitedMs > HALTED_AFTER_MS || now - this.#lastCommitMs > emptyBlockIntervalMs + HALTED_AFTER_MS;
  }

  /** The votes that the engine holds for the next block, such as "votes from 2 of 4 validators, 3 needed". */
  votesSeen(): string {
    const rounds = this.#seen.votes?.rounds ?? [];
    // The newest round alone: one that ended in disagreement keeps the votes of those that are gone now.
    const newest = rounds.map(waitedFor).findLast(({ votes }) => votes > 0);
    if (newest === undefined) return 'no votes';
    return `votes from ${newest.votes} of ${newest.validators} validators, ${votesNeeded(newest.validators)} needed`;
  }

  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const { rpc, signer } = this.#options;
      await signer?.look();
      const status = await rpc.status();
      const { version, isCatchingUp, voter } = status;
      const signerFault = await signer?.proof(status);
      if (signerFault !== undefined) this.#options.onSignerFault?.(signerFault);
      const peerIds = await rpc.peerIds();
      const votes = await rpc.roundVotes();
      // Only of one that has not moved since the last look: the answer is long.
      const peerHeights = votes.height === this.#seen.votes?.height ? await rpc.peerHeights() : [];
      this.#seen = { version, isCatchingUp, peerCount: peerIds.length, votes };
      if (!this.#isAnswering) this.#options.onAnswering();
      this.#isAnswering = true;
      const validatorCount = Math.max(0, ...votes.rounds.map(({ prevotes }) => countVotes(prevotes).validators));
      this.#options.onPeers(peerIds);
      const { height, round, step } = votes;
      // Whose key has gone cannot vote, and its engine is not to blame.
      const ownMove = findOwnMove(votes, signer?.isSilent === true ? '' : voter, this.#options.emptyBlockIntervalMs);
      this.#options.onLook({ height, round, step, ownMove, isCatchingUp, validatorCount, peerHeights });
    } catch (error) {
      if (!(error instanceof EngineFault)) throw error;
      this.#isAnswering = false;
      this.#seen = { ...UNSEEN, version: this.#seen.version };
      this.#options.onLook(undefined);
    } finally {
      this.#isLooking = false;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

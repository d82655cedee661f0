import type { Bytes, Refusal } from '@civitas/canon';
import { type Block, decodeBlock, encodeBlock, unixMsOf, unixNanosOf } from '@civitas/proofs';
import { BLOCK_OPERATIONS_MAX } from '../../core/ledger/limits.ts';
import { type ChainFacts, type ChainHead, decideBlock, makeBlock } from './block-maker.ts';
import { EngineRefusal, halted } from './cometbft/engine-refusal.ts';
import {
  type Application,
  type Engine,
  type EngineClock,
  type EngineHealth,
  type EngineStep,
  type HandOverPoint,
  handOverText,
  type SigningPermission,
} from './engine.ts';
import { BLOCK_DATA_BYTES_MAX, WAITING_BUNDLES_MAX } from './limits.ts';

/** A block that may be signed and no other at its height. */
export interface PendingProposal {
  readonly height: number;
  readonly voteTimeNanos: bigint;
  readonly bytes: Bytes;
}

/** Keeps a proposal across a crash. */
export interface ProposalJournal {
  readPending(): PendingProposal | undefined;
  /** A block that was committed. */
  readBlock(height: number): Bytes | undefined;
  /** Durable when it resolves. */
  writePending(pending: PendingProposal): Promise<void>;
}

export interface EmbeddedEngineOptions {
  readonly facts: ChainFacts;
  readonly head: ChainHead;
  readonly application: Application;
  readonly journal: ProposalJournal;
  readonly sign: (message: Bytes) => Bytes;
  readonly signing: SigningPermission;
  readonly clock: EngineClock;
  readonly emptyBlockIntervalMs: number;
  /** The store or the engine failed: the process must stop, for nothing more is known to be durable. */
  readonly onFault: (error: unknown) => void;
  /** Called when the next block is one that this release must not execute. */
  readonly onHandOver?: (due: HandOverPoint) => void;
  /** Called at each point of a block's way; crash tests end the process there. */
  readonly onStep?: (step: EngineStep, height: number) => void;
}

interface Waiting {
  readonly transaction: Bytes;
  readonly operationCount: number;
  readonly resolve: (placed: { height: number; position: number }) => void;
  readonly reject: (error: unknown) => void;
}

const LEAST_STEP_NANOS = 1_000_000n;

/**
 * One validator inside the node process: CometBFT's blocks without its network, and no fault tolerance.
 *
 * A block's bytes and vote time are durable before the signature exists, so that a crash never leaves two signed blocks at one height.
 */
export class EmbeddedEngine implements Engine {
  readonly #options: EmbeddedEngineOptions;
  readonly #stopSigningWatch: () => void;
  #head: ChainHead;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #isBlockDue: boolean;
  #isClosed = false;

  constructor(options: EmbeddedEngineOptions) {
    this.#options = options;
    this.#head = options.head;
    // A first block so that there is a header, or the proof block that a crash may have left out.
    this.#isBlockDue = true;
    this.#stopSigningWatch = options.signing.onChange(() => this.#pump());
    this.#pump();
  }

  isSigning(): boolean {
    return this.#options.signing.granted() && this.#options.application.handOver() === undefined;
  }

  health(): EngineHealth {
    const due = this.#options.application.handOver();
    const awaiting = due === undefined ? (this.isSigning() ? '' : 'grant') : 'upgrade';
    const unwell = due === undefined ? '' : handOverText(due);
    return { awaiting, version: '', peerCount: 0, isHalted: false, isCaughtUp: due === undefined, round: 0, proposer: '', unwell };
  }

  refusalOfWork(): Refusal | undefined {
    const due = this.#options.application.handOver();
    return due === undefined ? undefined : halted(handOverText(due));
  }

  async proposerPriorities(): Promise<undefined> {
    return undefined;
  }

  async transactionsAt(height: number): Promise<readonly Bytes[] | undefined> {
    const bytes = this.#options.journal.readBlock(height);
    const block = bytes && decodeBlock(new Uint8Array(bytes));
    return block?.ok ? block.value.transactions : undefined;
  }

  submit(transaction: Bytes): Promise<{ readonly height: number; readonly position: number }> {
    if (this.#isClosed) return Promise.reject(new Error('the engine is closed'));
    const refusal = this.refusalOfWork();
    if (refusal !== undefined) return Promise.reject(new EngineRefusal(refusal));
    if (this.#waiting.length >= WAITING_BUNDLES_MAX) return Promise.reject(new Error(`${WAITING_BUNDLES_MAX} bundles wait for a block`));
    const operationCount = this.#options.application.operationCountOf(transaction);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ transaction, operationCount, resolve, reject });
      this.#pump();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopSigningWatch();
    this.#cancelTimer?.();
    await this.#running;
    for (const { reject } of this.#waiting) reject(new Error('the engine closed before the bundle was ordered'));
    this.#waiting = [];
  }

  #pump(): void {
    if (this.#running !== undefined || this.#isClosed || !this.isSigning()) return;
    const isPending = this.#options.journal.readPending() !== undefined;
    if (!isPending && !this.#isBlockDue && this.#waiting.length === 0) return;
    this.#cancelTimer?.();
    this.#running = this.#makeBlocks().catch((error: unknown) => {
      this.#isClosed = true;
      for (const { reject } of this.#waiting) reject(error);
      this.#waiting = [];
      this.#options.onFault(error);
    });
  }

  async #makeBlocks(): Promise<void> {
    while (!this.#isClosed && this.isSigning()) {
      const pending = this.#options.journal.readPending();
      if (pending !== undefined) await this.#replay(pending);
      else if (this.#isBlockDue || this.#waiting.length > 0) await this.#makeOne();
      else break;
    }
    this.#running = undefined;
    const due = this.#options.application.handOver();
    if (due !== undefined) return this.#stand(due);
    this.#cancelTimer = this.#options.clock.setTimer(() => {
      this.#isBlockDue = true;
      this.#pump();
    }, this.#options.emptyBlockIntervalMs);
  }

  /** No block of ours holds what waits, and none will: whoever sent it may send it again. */
  #stand(due: HandOverPoint): void {
    const refused = new EngineRefusal(halted(handOverText(due)));
    for (const { reject } of this.#waiting) reject(refused);
    this.#waiting = [];
    this.#options.onHandOver?.(due);
  }

  #take(): Waiting[] {
    let [bytes, operations, count] = [0, 0, 0];
    for (const { transaction, operationCount } of this.#waiting) {
      bytes += transaction.length;
      operations += operationCount;
      if (count > 0 && (bytes > BLOCK_DATA_BYTES_MAX || operations > BLOCK_OPERATIONS_MAX)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #makeOne(): Promise<void> {
    const { application, facts, journal, clock } = this.#options;
    const taken = this.#take();
    try {
      const info = application.info();
      const block = makeBlock(
        facts,
        this.#head,
        info,
        taken.map(({ transaction }) => transaction),
      );
      const now = BigInt(clock.nowUnixMs()) * 1_000_000n;
      // The next block's time is this vote's: it must be later than this block's own (CometBFT BFT time).
      const earliest = unixNanosOf(block.header.time) + LEAST_STEP_NANOS;
      const pending = { height: info.height + 1, voteTimeNanos: now > earliest ? now : earliest, bytes: encodeBlock(block) };
      this.#step('proposing', pending.height);
      await journal.writePending(pending);
      await this.#decide(block, pending);
      taken.forEach(({ resolve }, position) => resolve({ height: pending.height, position }));
    } catch (error) {
      for (const { reject } of taken) reject(error);
      throw error;
    }
  }

  async #replay(pending: PendingProposal): Promise<void> {
    const block = decodeBlock(pending.bytes);
    if (!block.ok) throw new Error(`pending block ${pending.height} does not decode: ${block.refusal.code}`);
    await this.#decide(block.value, pending);
  }

  async #decide(block: Block, { bytes, voteTimeNanos }: PendingProposal): Promise<void> {
    const { application, facts, sign } = this.#options;
    const height = Number(block.header.height);
    this.#step('persisted', height);
    const { decided, commit } = decideBlock(facts, { block, bytes }, voteTimeNanos, sign);
    this.#step('signed', height);
    const proposed = { height, timeUnixMs: unixMsOf(block.header.time), transactions: block.transactions, misbehaviour: [] };
    const { validatorUpdates } = await application.finalizeBlock(proposed);
    // Admission keeps such changes out; one that came through would make headers that no light client follows.
    if (validatorUpdates.length > 0) throw new Error(`block ${height} changes the validators of the embedded engine, which has one`);
    this.#step('executed', height);
    await application.commit(decided);
    this.#head = { commit };
    // What a block did is proven under the next header only: one empty block follows every block that did something.
    this.#isBlockDue = block.transactions.length > 0;
    this.#step('committed', height);
  }

  #step(step: EngineStep, height: number): void {
    this.#options.onStep?.(step, height);
  }
}

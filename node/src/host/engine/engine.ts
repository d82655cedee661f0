import type { Bytes } from '@civitas/canon';
import type { Header, TransactionResult } from '@civitas/proofs';

/** Where the application stands after its last durable block (ABCI Info). */
export interface ApplicationInfo {
  readonly height: number;
  /** App hash that the next header carries. */
  readonly appHash: Bytes;
  /** lastResultsHash that the next header carries. */
  readonly resultsHash: Bytes;
}

/** A block to execute (ABCI FinalizeBlock). */
export interface ProposedBlock {
  readonly height: number;
  /** Header time, floored to ms. */
  readonly timeUnixMs: number;
  readonly transactions: readonly Bytes[];
}

/** What executing it gave; nothing is durable before commit. */
export interface FinalizedBlock {
  readonly results: readonly TransactionResult[];
  readonly appHash: Bytes;
  readonly resultsHash: Bytes;
}

/** A decided block in every form the store keeps. */
export interface DecidedBlock {
  readonly header: Header;
  readonly hash: Bytes;
  readonly bytes: Bytes;
  readonly lightBlock: Bytes;
}

/** Shaped as ABCI 2.0, so that CometBFT and the embedded engine drive one application. */
export interface Application {
  info(): ApplicationInfo;
  /** True when the bytes may be ordered; what they do is decided when they execute. */
  checkTx(transaction: Bytes): boolean;
  /** Operations inside, for the bound of a block. */
  operationCountOf(transaction: Bytes): number;
  finalizeBlock(block: ProposedBlock): Promise<FinalizedBlock>;
  /** Writes the last finalized block and all it changed; durable when it resolves. */
  commit(decided: DecidedBlock): Promise<void>;
}

/** Orders transactions into blocks. */
export interface Engine {
  /** Resolves with the height of the block that holds it, once durable, and its position in it. */
  submit(transaction: Bytes): Promise<{ readonly height: number; readonly position: number }>;
  isSigning(): boolean;
  close(): Promise<void>;
}

/** Whether this process may sign, and a call when that changes. */
export interface SigningPermission {
  granted(): boolean;
  /** @returns ends the subscription. */
  onChange(listener: () => void): () => void;
}

/** The clock and timers a host gives; tests move their own. */
export interface EngineClock {
  nowUnixMs(): number;
  /** @returns cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** Points of a block's way where a crash test stops the process. */
export type EngineStep = 'proposing' | 'persisted' | 'signed' | 'executed' | 'committed';

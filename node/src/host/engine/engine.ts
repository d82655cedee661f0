import type { Bytes, Refusal } from '@civitas/canon';
import type { TransactionResult } from '@civitas/proofs';
import type { Misbehaviour } from '../../core/validators/misbehaviour.ts';
import type { ValidatorUpdate } from '../../core/validators/validator-update.ts';
import type { ProposerPriority } from '../snapshot/snapshot-source.ts';

/** Where the application stands after its last durable block (ABCI Info). */
export interface ApplicationInfo {
  readonly height: number;
  /** App hash that the next header carries. */
  readonly appHash: Bytes;
  /** lastResultsHash that the next header carries. */
  readonly resultsHash: Bytes;
  /** App version that the next header carries. */
  readonly appVersion: bigint;
}

/** A block that this process must not execute: its protocol version is newer than all it knows. */
export interface HandOverPoint {
  readonly version: number;
  readonly newestVersion: number;
  /** First block of that version. */
  readonly height: number;
}

/** Thrown where such a block would be touched. Nothing is damaged: a newer release goes on from the same data. */
export class HandOverReached extends Error {
  override readonly name = 'HandOverReached';

  constructor(due: HandOverPoint) {
    super(handOverText(due));
  }
}

/** What status, refusals and logs say at that point. */
export function handOverText({ version, newestVersion, height }: HandOverPoint): string {
  return `node: awaits its upgrade: protocol ${version} is in force from height ${height}, this release executes up to ${newestVersion}`;
}

/** A block to execute (ABCI FinalizeBlock). */
export interface ProposedBlock {
  readonly height: number;
  /** Header time, floored to ms. */
  readonly timeUnixMs: number;
  readonly transactions: readonly Bytes[];
  /** Evidence that the block carries, checked by the engine. */
  readonly misbehaviour: readonly Misbehaviour[];
}

/** What executing it gave; nothing is durable before commit. */
export interface FinalizedBlock {
  readonly results: readonly TransactionResult[];
  readonly appHash: Bytes;
  readonly resultsHash: Bytes;
  /** Changes of the validator set, in force two heights later. */
  readonly validatorUpdates: readonly ValidatorUpdate[];
  /** App version of headers from the next block on; undefined where it stays. */
  readonly appVersion?: bigint;
}

/** A decided block as far as the engine hands it over at commit. */
export interface DecidedBlock {
  readonly height: number;
  /** Block id hash. */
  readonly hash: Bytes;
  /** Its size as far as the engine tells: the whole block's, or its transactions' alone. */
  readonly blockBytes: number;
  /** The whole block, from an engine that keeps none itself. */
  readonly bytes?: Bytes;
  /** Header, commit and validator set; an engine that cannot say them yet brings them later. */
  readonly lightBlock?: Bytes;
}

/** Shaped as ABCI 2.0, so that CometBFT and the embedded engine drive one application. */
export interface Application {
  info(): ApplicationInfo;
  /** Set while the next block is one that this process must not execute. */
  handOver(): HandOverPoint | undefined;
  /** True when the bytes may be ordered; what they do is decided when they execute. Asks the gateway's signature and membership too. */
  checkTx(transaction: Bytes): Promise<boolean>;
  /** Operations inside, for the bound of a block. */
  operationCountOf(transaction: Bytes): number;
  /** What a proposer may order of what waits, in order, within `bytesMax` and the bounds of a block. */
  prepareProposal(waiting: readonly Bytes[], bytesMax: number): readonly Bytes[];
  /** False only for what the bytes alone decide: malformed, oversized or another network's. */
  processProposal(transactions: readonly Bytes[]): boolean;
  /** Executes a block; called again for the same block it answers the same. */
  finalizeBlock(block: ProposedBlock): Promise<FinalizedBlock>;
  /** Writes the last finalized block and all it changed; durable when it resolves. */
  commit(decided: DecidedBlock): Promise<void>;
}

/** What an engine waits for; `upgrade`: for a release that executes the next block. */
export type Awaiting = '' | 'peers' | 'grant' | 'upgrade';

/** How an engine does, for status and metrics. */
export interface EngineHealth {
  /** What it waits for before it can sign; '' when nothing. */
  readonly awaiting: Awaiting;
  /** Version that its process reports; '' while none does and for the embedded engine. */
  readonly version: string;
  readonly peerCount: number;
  /** Whether no block was committed for longer than the network may rest. */
  readonly isHalted: boolean;
  /** Whether it is at its network's head. */
  readonly isCaughtUp: boolean;
  /** Round of the height being decided: above 0 a proposer was passed over. */
  readonly round: number;
  /** Address of whose turn it is to propose, lower-case hexadecimal; '' where nothing rotates or nobody says. */
  readonly proposer: string;
  /** Which part is unwell and why; '' when none is. */
  readonly unwell: string;
}

/** Orders transactions into blocks. */
export interface Engine {
  /**
   * Resolves with the height of the block that holds it, once durable, and its position in it.
   *
   * @throws EngineRefusal HALTED or ENGINE_BUSY when it takes nothing more now; anything else leaves the fate unknown.
   */
  submit(transaction: Bytes): Promise<{ readonly height: number; readonly position: number }>;
  isSigning(): boolean;
  health(): EngineHealth;
  /** Refusal for work that would only wait, or undefined. */
  refusalOfWork(): Refusal | undefined;
  /** Proposer priorities of a height's set; undefined where the engine rotates nothing or does not have that height. */
  proposerPriorities(height: number): Promise<readonly ProposerPriority[] | undefined>;
  /** Transactions of a block; undefined when the engine does not have it. */
  transactionsAt(height: number): Promise<readonly Bytes[] | undefined>;
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

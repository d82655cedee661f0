import type { Bytes, JsonObject, Refusal } from '@civitas/canon';
import type { Caller, Outcome } from '@civitas/contracts';
import type { Genesis, GenesisOrganisation, MemberKey } from '@civitas/deployment';
import type { StateProof } from '@civitas/proofs';
import type { PacketFailure } from '../../core/links/failed-packet.ts';
import type { PageReads } from '../../core/state/page-store.ts';
import type { KeyedRecord, KeyRange } from '../../core/state/records.ts';
import type { Awaiting } from '../engine/engine.ts';
import type { SnapshotSource } from '../snapshot/snapshot-source.ts';
import type { Validators } from './validator-view.ts';

/** One running ledger: engine, contracts and store behind what the gRPC services need. Opened by `openLedgerHost`. */
export interface LedgerHost {
  readonly genesis: Genesis;
  readonly genesisHash: Bytes;
  status(): LedgerStatus;
  /** Orders one bundle; resolves when the block that holds it is durable, with the receipts in the bundle's order. */
  submit(bundle: Bytes): Promise<readonly StoredReceipt[]>;
  /** Whether this operation was executed already (replay table), and with what receipt. */
  findReceipt(operationHash: Bytes): StoredReceipt | undefined;
  /** Receipt with its proof against header(height + 1); undefined until that header exists. */
  proveReceipt(operationHash: Bytes): { receipt: StoredReceipt; proof: JsonObject; lightBlock: Bytes } | undefined;
  read(key: string): JsonObject | undefined;
  /** Records as of the last commit, in key order, at most `limit`; a reader of many goes page by page. */
  scan(range: KeyRange): readonly KeyedRecord[];
  /** Record and proof against a header's app hash; `headerHeight` undefined = newest header. Undefined when that root is not kept. */
  prove(key: string, headerHeight?: number): ProvenRecord | undefined;
  lightBlock(height: number): Bytes | undefined;
  blockSummary(height: number): StoredBlockSummary | undefined;
  /** Whether bundles may be packed now. */
  readonly readsPackedBundles: boolean;
  /** Plain encodings of a block's bundles, in order; asked of the engine, which keeps the blocks. */
  blockBundles(height: number): Promise<readonly Bytes[] | undefined>;
  /** Why new work would only wait now (HALTED, ENGINE_BUSY); undefined while it would not. */
  refusalOfWork(): Refusal | undefined;
  view(request: { contract: string; method: string; args: JsonObject; caller: Caller }): Outcome;
  /** Calls back after each commit, in order, with the block's receipts; returns the function that ends it. */
  onCommit(listener: (block: CommittedBlock) => void): () => void;
  /** All state of a height with its proof, for nodes that join and for backups. */
  readonly snapshots: SnapshotSource;
  readonly members: Members;
  readonly links: LinkReader;
  readonly validators: Validators;
  /** Recomputes the root from the records. */
  verify(): Promise<{ ok: boolean; root: Bytes; recordCount: number; finding: string }>;
  /** Stops producing blocks, closes the store; nothing acknowledged is lost. */
  close(): Promise<void>;
}

export interface LedgerStatus {
  readonly chainId: string;
  readonly engine: 'embedded' | 'cometbft';
  readonly height: number;
  /** State root after the last block. */
  readonly root: Bytes;
  readonly timeUnixMs: number;
  readonly validatorCount: number;
  readonly peerCount: number;
  readonly signing: boolean;
  /** Whether the ledger is at its network's head. */
  readonly caughtUp: boolean;
  /** Whether no block was committed for longer than the network may rest. */
  readonly halted: boolean;
  /** Which part is unwell and why; '' when none is. */
  readonly unwell: string;
  /** Version that the engine's own process reports; '' while none does. */
  readonly engineVersion: string;
  /** Round of the height being decided. */
  readonly engineRound: number;
  /** Address of whose turn it is to propose, lower-case hexadecimal; '' where nothing rotates. */
  readonly proposer: string;
  /** What the engine waits for before it can sign; '' when nothing. */
  readonly awaiting: Awaiting;
  /** Rules that blocks are executed by. */
  readonly protocol: ProtocolStatus;
  readonly storeBytes: number;
  /** Whether the embedded chain goes on from a backup, with no blocks from before it. */
  readonly lacksFirstBlocks: boolean;
  /** How the state tree's pages are read, since the process began. */
  readonly statePages: PageReads;
}

export interface ProtocolStatus {
  /** Version of the next block. */
  readonly version: number;
  /** What is scheduled after it. */
  readonly next: { readonly version: number; readonly height: number } | undefined;
  /** The newest version that this process executes; it executes all before it. */
  readonly newestVersion: number;
}

export interface StoredReceipt {
  readonly height: number;
  /** Position in the block, over all its bundles. */
  readonly index: number;
  readonly operationHash: Bytes;
  /** Canonical JSON (packages/proofs, receipt.ts). */
  readonly bytes: Bytes;
}

export interface ProvenRecord {
  readonly value: JsonObject | undefined;
  readonly proof: StateProof;
  readonly headerHeight: number;
  readonly headerTimeUnixMs: number;
}

export interface StoredBlockSummary {
  readonly height: number;
  readonly timeUnixMs: number;
  readonly hash: Bytes;
  readonly appHash: Bytes;
  readonly operationCount: number;
  readonly blockBytes: number;
}

export interface CommittedBlock {
  readonly height: number;
  readonly timeUnixMs: number;
  readonly root: Bytes;
  readonly receipts: readonly StoredReceipt[];
  readonly operationCount: number;
  /** Those of them that succeeded. */
  readonly successCount: number;
  readonly blockBytes: number;
  /** Chain ids of peers that a packet was sent to, or whose packet was answered; provable under the next header. */
  readonly links: LinksTouched;
  /** Seconds from proposal to durable, by step. */
  readonly seconds: { readonly execute: number; readonly persist: number; readonly total: number };
}

export interface LinksTouched {
  readonly sent: readonly string[];
  readonly answered: readonly string[];
}

/** Membership as of the last commit; cheap, called on every stream and operation. */
export interface Members {
  findOrganisation(name: string): GenesisOrganisation | undefined;
  findKey(keyId: string): { organisation: string; key: MemberKey; revoked: boolean } | undefined;
  all(): readonly GenesisOrganisation[];
  /** Proposals that wait for approvals, for automatic approvers. */
  openProposals(): readonly { id: string; approvals: readonly string[]; change: JsonObject }[];
  /** Contracts, `name@vN`, that members took up after the birth; the same list until one more is. */
  installedContracts(): readonly string[];
}

/** The link records as of the last commit (links.md §1), for LinkService, metrics and status. */
export interface LinkReader {
  peers(): readonly LinkPeer[];
  /** Unacknowledged outgoing packets above a sequence, in order, at most 256. */
  outbox(peer: string, afterSequence: number, limit: number): readonly OutboxEntry[];
  /** Own packets to a peer that failed, newest first: what this node saw since it executes blocks, at most the newest thousand. */
  failed(peer: string, limit: number): readonly FailedPacket[];
}

/** An own packet that the peer refused, or that timed out and went back to its sender. */
export interface FailedPacket extends Omit<PacketFailure, 'peer' | 'payload'> {
  /** Contract that sent the payload that failed, and the one it went to. */
  readonly sourcePort: string;
  readonly port: string;
  readonly sentAtHeight: number;
  readonly sentAtUnixMs: number;
  readonly timeoutUnixMs: number;
  /** Block that ended it, by an operation whose receipt proves so. */
  readonly endedAtHeight: number;
  readonly endedAtUnixMs: number;
  readonly operationHash: Bytes;
}

export interface LinkPeer {
  readonly chainId: string;
  readonly status: string;
  readonly clientHeight: number;
  readonly clientTimeUnixMs: number;
  readonly lastSequence: number;
  readonly inFlight: number;
  readonly oldestSentAtUnixMs: number;
}

export interface OutboxEntry {
  readonly sequence: number;
  /** Canonical JSON of the packet. */
  readonly packet: Bytes;
  readonly sentAtHeight: number;
  readonly sentAtUnixMs: number;
  /** 0 unless the peer has deferred its answer. */
  readonly deferredUntilUnixMs: number;
}

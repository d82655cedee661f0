import { type Bytes, equalBytes, type Result, type Sha256 } from '@civitas/canon';
import { merkleRoot, resultsHash } from '@civitas/proofs';
import type { Bundle } from '../../core/ledger/bundle.ts';
import { type BlockEffects, BlockExecution, checkBundle } from '../../core/ledger/execute-block.ts';
import type { RunningLedger } from '../../core/ledger/execute-operation.ts';
import { BLOCK_OPERATIONS_MAX, BUNDLE_OPERATIONS_MAX } from '../../core/ledger/limits.ts';
import { appVersionOf, type ProtocolStanding, protocolAt } from '../../core/protocol/records.ts';
import { rulesOf } from '../../core/protocol/rules.ts';
import { ENDED_HEIGHTS_MAX, PRUNED_ENTRIES_MAX } from '../../core/state/limits.ts';
import type { PageReader } from '../../core/state/page-store.ts';
import type { TreeRoot } from '../../core/state/tree.ts';
import { validatorsOf } from '../../core/validators/records.ts';
import {
  type Application,
  type ApplicationInfo,
  type DecidedBlock,
  type FinalizedBlock,
  type HandOverPoint,
  HandOverReached,
  type ProposedBlock,
} from '../engine/engine.ts';
import { BLOCK_DATA_BYTES_MAX, TRANSACTION_FRAMING_BYTES } from '../engine/limits.ts';
import { inSlices } from '../event-loop/in-slices.ts';
import { turnBudget } from '../event-loop/turn-budget.ts';
import type { FailedPacketWrite } from '../store/failed-packets.ts';
import { type BlockRecord, type LedgerStore, NOTHING_PRUNED } from '../store/ledger-store.ts';
import { BundleCache } from './bundle-cache.ts';
import { failedPacketsIn } from './failed-packets.ts';
import type { CommittedBlock } from './ledger-host.ts';
import { linksTouched } from './link-activity.ts';
import type { VerifySignatures } from './verify-bundles.ts';

/** What the application runs on. */
export interface ApplicationParts {
  readonly ledger: RunningLedger;
  readonly store: LedgerStore;
  readonly reader: PageReader;
  readonly sha256: Sha256;
  /** The newest protocol version that this process executes. */
  readonly newestProtocol: number;
  /** Verifies what a bundle carries on other threads, so that execution finds the verdicts. */
  readonly verifySignatures: VerifySignatures;
  /** Sequential time in seconds, for the figures of a commit. */
  readonly nowMs: () => number;
  readonly onCommitted: (block: CommittedBlock) => void;
  /** Keys of a commit, before its listeners hear of it. */
  readonly onWritten: (keys: Iterable<string>) => void;
  /** How long roots stay provable, ms of header time; undefined: for ever. */
  readonly provableMs: number | undefined;
  /** Height of the oldest packet still open, or undefined: its roots are kept. */
  readonly oldestOpenHeight: () => number | undefined;
}

// Callers read their receipts right after the commit; a few blocks of slack.
const RECENT_BLOCKS = 4;
const NOTHING = new Uint8Array(0);

/** The ledger as the engine sees it. */
export class LedgerApplication implements Application {
  readonly #parts: ApplicationParts;
  #head: BlockRecord;
  #keptFrom: number;
  readonly #bundles: BundleCache;
  #validatorCount: number | undefined;
  #protocol: ProtocolStanding | undefined;
  readonly #recent = new Map<number, BlockEffects['receipts']>();
  #finalized: { answer: FinalizedBlock; block: ProposedBlock; effects: BlockEffects; startedMs: number; executedMs: number } | undefined;

  constructor(parts: ApplicationParts, head: BlockRecord, keptFrom: number) {
    this.#parts = parts;
    this.#head = head;
    this.#keptFrom = keptFrom;
    this.#bundles = new BundleCache(parts.sha256);
  }

  get head(): BlockRecord {
    return this.#head;
  }

  /** Heights from here on have roots that can be proven against. */
  get keptFrom(): number {
    return this.#keptFrom;
  }

  /** Validators of the ledger's set, those whose change is in flight counted as it will be. */
  get validatorCount(): number {
    this.#validatorCount ??= validatorsOf(this.#parts.store).filter(({ status }) => status === 'active').length;
    return this.#validatorCount;
  }

  /** What the next block is executed by. */
  get protocol(): ProtocolStanding {
    this.#protocol ??= protocolAt(this.#parts.store, this.#head.height + 1);
    return this.#protocol;
  }

  get newestProtocol(): number {
    return this.#parts.newestProtocol;
  }

  handOver(): HandOverPoint | undefined {
    const { newestProtocol } = this.#parts;
    const { version, sinceHeight } = this.protocol;
    return version > newestProtocol ? { version, newestVersion: newestProtocol, height: sinceHeight } : undefined;
  }

  info(): ApplicationInfo {
    const { height, root, resultsHash: lastResultsHash } = this.#head;
    return { height, appHash: root.hash, resultsHash: lastResultsHash, appVersion: appVersionOf(this.protocol.version) };
  }

  /** Goes on from what a certified snapshot has put into the store. */
  restored(): void {
    const { store } = this.#parts;
    const { height, keptFrom } = store.readHead() ?? { height: 0, keptFrom: 0 };
    const head = store.readBlockRecord(height);
    if (head === undefined) throw new Error(`the store has no record of its head ${height}`);
    this.#head = head;
    this.#keptFrom = keptFrom;
    this.#finalized = undefined;
    this.#protocol = undefined;
    this.#validatorCount = undefined;
  }

  async checkTx(transaction: Bytes): Promise<boolean> {
    const { ledger, store, verifySignatures } = this.#parts;
    const bundle = await turnBudget.take(() => this.bundleOf(transaction));
    if (!bundle.ok) return false;
    await verifySignatures([bundle.value]);
    return this.#isOrderable(transaction) && checkBundle(ledger, store, bundle.value).ok;
  }

  operationCountOf(transaction: Bytes): number {
    const bundle = this.bundleOf(transaction);
    return bundle.ok ? bundle.value.operations.length : 0;
  }

  /** Decodes a bundle once, however often it is asked for on its way into a block. */
  bundleOf(transaction: Bytes): Result<Bundle> {
    return this.#bundles.of(transaction);
  }

  prepareProposal(waiting: readonly Bytes[], bytesMax: number): readonly Bytes[] {
    const taken: Bytes[] = [];
    let [bytes, operations] = [0, 0];
    for (const transaction of waiting) {
      if (!this.#isOrderable(transaction)) continue;
      bytes += this.#sizeOf(transaction) + TRANSACTION_FRAMING_BYTES;
      operations += this.operationCountOf(transaction);
      // In order, so that what waits longest is never passed by what came later.
      if (bytes > Math.min(bytesMax, BLOCK_DATA_BYTES_MAX) || operations > BLOCK_OPERATIONS_MAX) break;
      taken.push(transaction);
    }
    return taken;
  }

  processProposal(transactions: readonly Bytes[]): boolean {
    let [bytes, operations] = [0, 0];
    for (const transaction of transactions) {
      if (!this.#isOrderable(transaction)) return false;
      bytes += this.#sizeOf(transaction) + TRANSACTION_FRAMING_BYTES;
      if (bytes > BLOCK_DATA_BYTES_MAX) return false;
      operations += this.operationCountOf(transaction);
    }
    return operations <= BLOCK_OPERATIONS_MAX;
  }

  /** Packed bundles count for what is in them, so that a block holds no more work than it seems to. */
  #sizeOf(transaction: Bytes): number {
    const bundle = this.bundleOf(transaction);
    return bundle.ok ? Math.max(bundle.value.bytes, transaction.length) : transaction.length;
  }

  /** Whether bundles may be packed in the next block. */
  get readsPackedBundles(): boolean {
    const { version } = this.protocol;
    return version <= this.#parts.newestProtocol && rulesOf(version).readsPackedBundles;
  }

  /** What bytes and protocol decide, alike on every validator: what else is wrong with a bundle executes as a refusal. */
  #isOrderable(transaction: Bytes): boolean {
    const bundle = this.bundleOf(transaction);
    if (!bundle.ok || bundle.value.chainId !== this.#parts.ledger.chainId) return false;
    if (bundle.value.packedHash !== undefined && !this.readsPackedBundles) return false;
    return bundle.value.operations.length > 0 && bundle.value.operations.length <= BUNDLE_OPERATIONS_MAX;
  }

  /** Receipts of a recent block, one list a bundle. */
  receiptsOf(height: number): BlockEffects['receipts'] | undefined {
    return this.#recent.get(height);
  }

  async finalizeBlock(block: ProposedBlock): Promise<FinalizedBlock> {
    const { ledger, store, reader, sha256, nowMs, verifySignatures } = this.#parts;
    const known = this.#finalized;
    if (known !== undefined && isSameBlock(known.block, block)) return known.answer;
    if (known !== undefined || block.height !== this.#head.height + 1) {
      throw new Error(`block ${block.height} to execute over ${known?.block.height ?? this.#head.height}`);
    }
    const due = this.handOver();
    if (due !== undefined) throw new HandOverReached(due);
    const startedMs = nowMs();
    const { height, timeUnixMs } = block;
    const bundles = block.transactions.map((transaction) => this.bundleOf(transaction));
    await verifySignatures(bundles.flatMap((bundle) => (bundle.ok ? [bundle.value] : [])));
    const execution = new BlockExecution(ledger, { height, timeUnixMs }, store);
    execution.recordMisbehaviour(block.misbehaviour);
    await inSlices(executeInSteps(execution, bundles), nowMs);
    const effects = await inSlices(execution.finishInSteps(this.#head.root, reader), nowMs);
    const answer: FinalizedBlock = {
      results: effects.results,
      appHash: effects.tree.root.hash,
      resultsHash: resultsHash(sha256, effects.results),
      validatorUpdates: effects.validatorUpdates,
      ...this.#newAppVersion(effects),
    };
    this.#finalized = { answer, block, effects, startedMs, executedMs: nowMs() };
    return answer;
  }

  /** The app version that headers carry from the next block on, where it differs from this block's. */
  #newAppVersion({ block, writes }: BlockEffects): Pick<FinalizedBlock, 'appVersion'> {
    const { store } = this.#parts;
    const after = { get: (key: string) => (writes.has(key) ? writes.get(key)?.record : store.get(key)) };
    const [now, next] = [this.protocol.version, protocolAt(after, block.height + 1).version];
    return next === now ? {} : { appVersion: appVersionOf(next) };
  }

  async commit(decided: DecidedBlock): Promise<void> {
    const finalized = this.#finalized;
    if (finalized === undefined || finalized.block.height !== decided.height) {
      throw new Error(`commit of ${decided.height} without its execution`);
    }
    const { effects, startedMs, executedMs } = finalized;
    const { store, reader, sha256, nowMs } = this.#parts;
    const { height, timeUnixMs } = effects.block;
    const record: BlockRecord = {
      height,
      timeUnixMs,
      hash: decided.hash,
      root: effects.tree.root,
      resultsHash: resultsHash(sha256, effects.results),
      bundles: effects.receipts.map((receipts, position) => ({
        operationCount: receipts.length,
        code: effects.results[position]?.code ?? 0,
      })),
      blockBytes: decided.blockBytes,
    };
    const receipts = effects.receipts.flat();
    const keptFrom = this.#nextKeptFrom(height, timeUnixMs);
    const pruned = keptFrom > 0 ? store.prunableHistory(keptFrom, PRUNED_ENTRIES_MAX) : NOTHING_PRUNED;
    const { writes, tree, leafChanges } = effects;
    const failedPackets = this.#failedPackets(effects, finalized.block);
    const written = { record, block: decided, writes, tree, leafChanges, failedPackets, receipts, pruned, keptFrom };
    await store.writeCommit(written, await inSlices(store.encodeInSteps(written), nowMs));
    reader.commit(effects.tree);
    this.#head = record;
    this.#recent.set(height, effects.receipts);
    this.#recent.delete(height - RECENT_BLOCKS);
    this.#keptFrom = keptFrom;
    this.#finalized = undefined;
    this.#protocol = undefined;
    for (const transaction of finalized.block.transactions) this.#bundles.forget(transaction);
    if (effects.validatorUpdates.length > 0) this.#validatorCount = undefined;
    const endedMs = nowMs();
    this.#parts.onWritten(effects.writes.keys());
    this.#parts.onCommitted({
      height,
      timeUnixMs,
      root: record.root.hash,
      receipts: receipts.map(({ index, operationHash, bytes }) => ({ height, index, operationHash, bytes })),
      operationCount: receipts.length,
      successCount: receipts.filter(({ isSuccess }) => isSuccess).length,
      blockBytes: record.blockBytes,
      links: linksTouched(effects.writes),
      seconds: { execute: (executedMs - startedMs) / 1000, persist: (endedMs - executedMs) / 1000, total: (endedMs - startedMs) / 1000 },
    });
  }

  /** Hardly any block has one: its bundles are looked at again only then. */
  #failedPackets(effects: BlockEffects, { transactions }: ProposedBlock): FailedPacketWrite[] {
    if (!effects.receipts.some((receipts) => receipts.some(({ failsPackets }) => failsPackets))) return [];
    const bundles = transactions.map((transaction) => this.bundleOf(transaction));
    return failedPacketsIn(effects, bundles, this.#parts.store);
  }

  /** Where the proof window starts after this block. It moves on by a few heights a block, so that no commit pays for all the others. */
  #nextKeptFrom(height: number, timeUnixMs: number): number {
    const { store, oldestOpenHeight, provableMs } = this.#parts;
    let from = this.#keptFrom;
    if (provableMs === undefined) return from;
    let open: number | undefined;
    for (let step = 0; step < ENDED_HEIGHTS_MAX && from < height; step++) {
      if ((store.readBlockRecord(from)?.timeUnixMs ?? timeUnixMs) >= timeUnixMs - provableMs) return from;
      open ??= oldestOpenHeight() ?? height;
      if (from >= open) return from;
      from++;
    }
    return from;
  }
}

function* executeInSteps(execution: BlockExecution, bundles: readonly Result<Bundle>[]): Generator<void, void> {
  for (const bundle of bundles) yield* execution.executeBundleInSteps(bundle.ok ? bundle.value : undefined);
}

function isSameBlock(left: ProposedBlock, right: ProposedBlock): boolean {
  return (
    left.height === right.height &&
    left.timeUnixMs === right.timeUnixMs &&
    left.transactions.length === right.transactions.length &&
    left.transactions.every((transaction, at) => equalBytes(transaction, right.transactions[at] ?? NOTHING))
  );
}

/** lastResultsHash of the first header. */
export function noResultsHash(sha256: Sha256): Bytes {
  return merkleRoot(sha256, []);
}

/** The record of height 0: state from genesis, no block. */
export function genesisRecord(sha256: Sha256, root: TreeRoot, timeUnixMs: number): BlockRecord {
  return { height: 0, timeUnixMs, hash: new Uint8Array(32), root, resultsHash: noResultsHash(sha256), bundles: [], blockBytes: 0 };
}

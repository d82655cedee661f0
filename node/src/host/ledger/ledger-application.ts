import type { Bytes, Result, Sha256 } from '@civitas/canon';
import { merkleRoot, resultsHash } from '@civitas/proofs';
import type { Bundle } from '../../core/ledger/bundle.ts';
import { type BlockEffects, BlockExecution } from '../../core/ledger/execute-block.ts';
import type { RunningLedger } from '../../core/ledger/execute-operation.ts';
import { KEPT_HEIGHTS_MAX, KEPT_MS_MAX, PRUNED_PAGES_MAX } from '../../core/state/limits.ts';
import type { PageReader } from '../../core/state/page-store.ts';
import type { TreeRoot } from '../../core/state/tree.ts';
import type { Application, ApplicationInfo, DecidedBlock, FinalizedBlock, ProposedBlock } from '../engine/engine.ts';
import type { BlockRecord, LedgerStore } from '../store/ledger-store.ts';
import { decodeBundle } from './bundle-codec.ts';
import type { CommittedBlock } from './ledger-host.ts';
import { linksTouched } from './link-activity.ts';

/** What the application runs on. */
export interface ApplicationParts {
  readonly ledger: RunningLedger;
  readonly store: LedgerStore;
  readonly reader: PageReader;
  readonly sha256: Sha256;
  /** Sequential time in seconds, for the figures of a commit. */
  readonly nowMs: () => number;
  readonly onCommitted: (block: CommittedBlock) => void;
  /** Keys of a commit, before its listeners hear of it. */
  readonly onWritten: (keys: Iterable<string>) => void;
  /** Height of the oldest packet still open, or undefined: its roots are kept. */
  readonly oldestOpenHeight: () => number | undefined;
}

// Callers read their receipts right after the commit; a few blocks of slack.
const RECENT_BLOCKS = 4;

/** Lets the event loop turn: reads and new operations are answered between the bundles of a large block. */
const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The ledger as the engine sees it. */
export class LedgerApplication implements Application {
  readonly #parts: ApplicationParts;
  #head: BlockRecord;
  #keptFrom: number;
  readonly #decoded = new WeakMap<Bytes, Result<Bundle>>();
  readonly #recent = new Map<number, BlockEffects['receipts']>();
  #finalized: { effects: BlockEffects; startedMs: number; executedMs: number } | undefined;

  constructor(parts: ApplicationParts, head: BlockRecord, keptFrom: number) {
    this.#parts = parts;
    this.#head = head;
    this.#keptFrom = keptFrom;
  }

  get head(): BlockRecord {
    return this.#head;
  }

  /** Heights from here on have roots that can be proven against. */
  get keptFrom(): number {
    return this.#keptFrom;
  }

  info(): ApplicationInfo {
    const { height, root, resultsHash: lastResultsHash } = this.#head;
    return { height, appHash: root.hash, resultsHash: lastResultsHash };
  }

  checkTx(transaction: Bytes): boolean {
    return this.bundleOf(transaction).ok;
  }

  operationCountOf(transaction: Bytes): number {
    const bundle = this.bundleOf(transaction);
    return bundle.ok ? bundle.value.operations.length : 0;
  }

  /** Decodes a bundle once, however often it is asked for on its way into a block. */
  bundleOf(transaction: Bytes): Result<Bundle> {
    const known = this.#decoded.get(transaction);
    if (known !== undefined) return known;
    const decoded = decodeBundle(this.#parts.sha256, transaction);
    this.#decoded.set(transaction, decoded);
    return decoded;
  }

  /** Receipts of a recent block, one list a bundle. */
  receiptsOf(height: number): BlockEffects['receipts'] | undefined {
    return this.#recent.get(height);
  }

  async finalizeBlock(block: ProposedBlock): Promise<FinalizedBlock> {
    const { ledger, store, reader, sha256, nowMs } = this.#parts;
    const startedMs = nowMs();
    const { height, timeUnixMs } = block;
    const execution = new BlockExecution(ledger, { height, timeUnixMs }, store);
    for (const [position, transaction] of block.transactions.entries()) {
      if (position > 0) await yieldToEventLoop();
      const bundle = this.bundleOf(transaction);
      execution.executeBundle(bundle.ok ? bundle.value : undefined);
    }
    const effects = execution.finish(this.#head.root, reader);
    this.#finalized = { effects, startedMs, executedMs: nowMs() };
    return { results: effects.results, appHash: effects.tree.root.hash, resultsHash: resultsHash(sha256, effects.results) };
  }

  async commit(decided: DecidedBlock): Promise<void> {
    const finalized = this.#finalized;
    if (finalized === undefined || BigInt(finalized.effects.block.height) !== decided.header.height) {
      throw new Error(`commit of ${decided.header.height} without its execution`);
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
      blockBytes: decided.bytes.length,
    };
    const receipts = effects.receipts.flat();
    const keptFrom = this.#nextKeptFrom(height, timeUnixMs);
    const pruned = keptFrom > 0 ? store.stalePages(keptFrom, PRUNED_PAGES_MAX) : [];
    await store.writeCommit({ record, block: decided, writes: effects.writes, tree: effects.tree, receipts, pruned, keptFrom });
    for (const { path, version, page } of effects.tree.pages) reader.remember(path, version, page);
    this.#head = record;
    this.#recent.set(height, effects.receipts);
    this.#recent.delete(height - RECENT_BLOCKS);
    this.#keptFrom = keptFrom;
    this.#finalized = undefined;
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

  /** The proof window's start moves on by at most two heights a block, so that no commit pays for all the others. */
  #nextKeptFrom(height: number, timeUnixMs: number): number {
    const { store, oldestOpenHeight } = this.#parts;
    let from = this.#keptFrom;
    for (let step = 0; step < 2 && from < height; step++) {
      const isOld = height - from > KEPT_HEIGHTS_MAX || (store.readBlockRecord(from)?.timeUnixMs ?? timeUnixMs) < timeUnixMs - KEPT_MS_MAX;
      if (!isOld) return from;
      const open = oldestOpenHeight();
      if (open !== undefined && from >= open) return from;
      from++;
    }
    return from;
  }
}

/** lastResultsHash of the first header. */
export function noResultsHash(sha256: Sha256): Bytes {
  return merkleRoot(sha256, []);
}

/** The record of height 0: state from genesis, no block. */
export function genesisRecord(sha256: Sha256, root: TreeRoot, timeUnixMs: number): BlockRecord {
  return { height: 0, timeUnixMs, hash: new Uint8Array(32), root, resultsHash: noResultsHash(sha256), bundles: [], blockBytes: 0 };
}

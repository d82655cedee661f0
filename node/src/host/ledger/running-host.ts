import { type Bytes, encodeCanonical, equalBytes, type JsonObject, type Refusal } from '@civitas/canon';
import { type Caller, checkArgs, type Outcome, refused } from '@civitas/contracts';
import type { Genesis } from '@civitas/deployment';
import { proveReceipt, receiptProofToJson, receiptsRoot, type TransactionResult } from '@civitas/proofs';
import { readContextOf } from '../../core/ledger/context.ts';
import { contractInForce } from '../../core/ledger/contract-in-force.ts';
import { checkBundle } from '../../core/ledger/execute-block.ts';
import type { RunningLedger } from '../../core/ledger/execute-operation.ts';
import { guarded } from '../../core/ledger/guarded.ts';
import type { PageReader } from '../../core/state/page-store.ts';
import { proveKey } from '../../core/state/prove.ts';
import type { KeyedRecord, KeyRange } from '../../core/state/records.ts';
import { pathTo } from '../../core/state/tree.ts';
import type { Engine } from '../engine/engine.ts';
import type { LedgerSnapshots } from '../snapshot/ledger-snapshots.ts';
import type { SnapshotSource } from '../snapshot/snapshot-source.ts';
import type { LedgerStore } from '../store/ledger-store.ts';
import { type StateFinding, verifyState } from '../store/verify-state.ts';
import { plainBundleOf } from './bundle-codec.ts';
import type { LedgerApplication } from './ledger-application.ts';
import type { CommittedBlock, LedgerHost, LedgerStatus, ProvenRecord, StoredBlockSummary, StoredReceipt } from './ledger-host.ts';
import type { LinkView } from './link-view.ts';
import type { MemberView } from './member-view.ts';
import type { Validators } from './validator-view.ts';

/** submit's answer to a bundle that no block will hold. */
export class BundleRefusedError extends Error {
  override readonly name = 'BundleRefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`bundle refused: ${refusal.code}`);
    this.refusal = refusal;
  }
}

/** Those who hear of commits; one that throws harms neither the ledger nor the others. */
export class CommitListeners {
  readonly #listeners = new Set<(block: CommittedBlock) => void>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(listener: (block: CommittedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  call(block: CommittedBlock): void {
    for (const listener of this.#listeners) {
      try {
        listener(block);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}

interface Parts {
  readonly genesis: Genesis;
  readonly genesisHash: Bytes;
  readonly ledger: RunningLedger;
  readonly store: LedgerStore;
  readonly reader: PageReader;
  readonly application: LedgerApplication;
  readonly engine: Engine;
  readonly engineKind: LedgerStatus['engine'];
  readonly snapshots: LedgerSnapshots;
  readonly members: MemberView;
  readonly links: LinkView;
  readonly validators: Validators;
  readonly listeners: CommitListeners;
}

export class OpenLedgerHost implements LedgerHost {
  readonly genesis: Genesis;
  readonly genesisHash: Bytes;
  readonly members: MemberView;
  readonly links: LinkView;
  readonly validators: Validators;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.genesis = parts.genesis;
    this.genesisHash = parts.genesisHash;
    this.members = parts.members;
    this.links = parts.links;
    this.validators = parts.validators;
  }

  get snapshots(): SnapshotSource {
    const { snapshots, engine, store } = this.#parts;
    return {
      heights: () => snapshots.heights(),
      counts: () => snapshots.counts(),
      begin: () => snapshots.begin(),
      findManifest: (height) => snapshots.findManifest(height),
      findChunk: (height, index) => snapshots.findChunk(height, index),
      findBlockBytes: (height) => store.readBlock(height),
      proposerPriorities: (height) => engine.proposerPriorities(height),
    };
  }

  status(): LedgerStatus {
    const { application, engine, store, genesis } = this.#parts;
    const { height, root, timeUnixMs } = application.head;
    const health = engine.health();
    const { engineKind } = this.#parts;
    return {
      chainId: genesis.chainId,
      engine: engineKind,
      height,
      root: root.hash,
      timeUnixMs,
      validatorCount: application.validatorCount,
      peerCount: health.peerCount,
      signing: engine.isSigning(),
      caughtUp: health.isCaughtUp,
      halted: health.isHalted,
      unwell: health.unwell,
      engineVersion: health.version,
      engineRound: health.round,
      proposer: health.proposer,
      awaiting: health.awaiting,
      protocol: { version: application.protocol.version, next: application.protocol.next, newestVersion: application.newestProtocol },
      statePages: this.#parts.reader.reads,
      // Getters: asking the store costs more than everything else here, and status is asked with every call.
      get storeBytes() {
        return store.sizeBytes();
      },
      get lacksFirstBlocks() {
        return engineKind === 'embedded' && height > 0 && store.readBlock(1) === undefined;
      },
    };
  }

  /** @throws BundleRefusedError BUNDLE_MALFORMED, BUNDLE_TOO_LARGE, WRONG_NETWORK, NOT_AUTHORISED, SIGNATURE_INVALID. */
  async submit(bytes: Bytes): Promise<readonly StoredReceipt[]> {
    const { application, ledger, store, engine } = this.#parts;
    const bundle = application.bundleOf(bytes);
    if (!bundle.ok) throw new BundleRefusedError(bundle.refusal);
    const checked = checkBundle(ledger, store, bundle.value);
    if (!checked.ok) throw new BundleRefusedError(checked.refusal);
    const { height, position } = await engine.submit(bytes);
    const receipts = application.receiptsOf(height)?.[position] ?? [];
    return receipts.map((receipt) => ({ height, index: receipt.index, operationHash: receipt.operationHash, bytes: receipt.bytes }));
  }

  findReceipt(operationHash: Bytes): StoredReceipt | undefined {
    const { store } = this.#parts;
    const place = store.findOperation(operationHash);
    const bytes = place && this.#isCommitted(place.height) ? store.readReceipt(place.height, place.index) : undefined;
    return place === undefined || bytes === undefined ? undefined : { ...place, operationHash, bytes };
  }

  proveReceipt(operationHash: Bytes): { receipt: StoredReceipt; proof: JsonObject; lightBlock: Bytes } | undefined {
    const { store, ledger } = this.#parts;
    const receipt = this.findReceipt(operationHash);
    const record = receipt && store.readBlockRecord(receipt.height);
    const lightBlock = receipt && store.readLightBlock(receipt.height + 1);
    if (receipt === undefined || record === undefined || lightBlock === undefined) return undefined;
    const { sha256 } = ledger.crypto;
    const results: TransactionResult[] = [];
    let [first, found] = [0, { bundleIndex: 0, first: 0, receipts: [] as Bytes[] }];
    for (const [bundleIndex, { operationCount, code }] of record.bundles.entries()) {
      const receipts = Array.from(
        { length: operationCount },
        (_, at) => store.readReceipt(receipt.height, first + at) ?? new Uint8Array(0),
      );
      results.push({ code, data: receiptsRoot(sha256, receipts), gasWanted: 0n, gasUsed: 0n });
      if (receipt.index >= first && receipt.index < first + operationCount) found = { bundleIndex, first, receipts };
      first += operationCount;
    }
    const proof = proveReceipt(sha256, { results, bundleIndex: found.bundleIndex, receipts: found.receipts }, receipt.index - found.first);
    return { receipt, proof: receiptProofToJson(proof), lightBlock };
  }

  read(key: string): JsonObject | undefined {
    return this.#parts.store.get(key);
  }

  scan(range: KeyRange): readonly KeyedRecord[] {
    return this.#parts.store.scan(range);
  }

  prove(key: string, headerHeight?: number): ProvenRecord | undefined {
    const { store, reader, application, ledger } = this.#parts;
    const { sha256 } = ledger.crypto;
    const height = headerHeight ?? application.head.height;
    // Header h carries the root after block h - 1.
    const record = height < 1 || height - 1 < application.keptFrom ? undefined : store.readBlockRecord(height - 1);
    const header = store.readBlockRecord(height);
    if (record === undefined || header === undefined) return undefined;
    const proof = proveKey({ sha256, reader }, record.root, key);
    const shared = { proof, headerHeight: height, headerTimeUnixMs: header.timeUnixMs };
    if (proof.leaf.kind !== 'present') return { ...shared, value: undefined };
    const value = store.get(key);
    if (value === undefined) return undefined;
    // Values are not versioned: one that changed since that header can be proven again only under a newer one.
    const leaf = pathTo(reader, record.root, sha256(proof.key)).leaf;
    return leaf !== undefined && equalBytes(leaf.valueHash, sha256(encodeCanonical(value))) ? { ...shared, value } : undefined;
  }

  lightBlock(height: number): Bytes | undefined {
    return this.#parts.store.readLightBlock(height);
  }

  blockSummary(height: number): StoredBlockSummary | undefined {
    const { store } = this.#parts;
    const record = height < 1 || !this.#isCommitted(height) ? undefined : store.readBlockRecord(height);
    const before = record && store.readBlockRecord(height - 1);
    if (record === undefined || before === undefined) return undefined;
    const operationCount = record.bundles.reduce((sum, bundle) => sum + bundle.operationCount, 0);
    const { timeUnixMs, hash, blockBytes } = record;
    return { height, timeUnixMs, hash, appHash: before.root.hash, operationCount, blockBytes };
  }

  get readsPackedBundles(): boolean {
    return this.#parts.application.readsPackedBundles;
  }

  async blockBundles(height: number): Promise<readonly Bytes[] | undefined> {
    const transactions = await this.#parts.engine.transactionsAt(height);
    return transactions?.map(plainBundleOf);
  }

  refusalOfWork(): Refusal | undefined {
    return this.#parts.engine.refusalOfWork();
  }

  view(request: { contract: string; method: string; args: JsonObject; caller: Caller }): Outcome {
    const { ledger, application, store } = this.#parts;
    const { caller, args } = request;
    const [name = '', version] = request.contract.split('@');
    const contract = contractInForce({ ledger, block: application.head, records: store }, name);
    const isKnown =
      contract !== undefined && (version === undefined || version === contract.version) && Object.hasOwn(contract.views, request.method);
    const view = isKnown ? contract.views[request.method] : undefined;
    if (view === undefined) return refused('UNKNOWN_METHOD', { contract: request.contract, method: request.method });
    if (!view.roles.includes('*') && !view.roles.includes(caller.role))
      return refused('NOT_AUTHORISED', { reason: 'role', role: caller.role });
    const checked = checkArgs(view.args, args);
    if (!checked.ok) return checked;
    const { height, timeUnixMs } = application.head;
    const context = readContextOf(ledger, { block: { height, timeUnixMs }, caller, records: store }, name);
    return guarded(() => view.run(context, checked.value), { contract: name, method: request.method });
  }

  onCommit(listener: (block: CommittedBlock) => void): () => void {
    return this.#parts.listeners.add(listener);
  }

  verify(): Promise<StateFinding> {
    const { store, ledger } = this.#parts;
    return verifyState(store, ledger.crypto.sha256);
  }

  async close(): Promise<void> {
    await this.#parts.engine.close();
    await this.#parts.snapshots.close();
    await this.#parts.store.close();
  }

  /** Whether a block's commit has ended: the store shows what is written of it to readers before it is durable. */
  #isCommitted(height: number): boolean {
    return height <= this.#parts.application.head.height;
  }
}

import { accept, type Bytes, type Result, refuse, type Sha256, utf8Encode } from '@civitas/canon';
import { encodeReceipt, receiptsRoot, type TransactionResult } from '@civitas/proofs';
import { tellsOfFailure } from '../links/failed-packet.ts';
import { findKey, findOrganisation, publicKeyOf } from '../members/records.ts';
import { rulesAt } from '../protocol/rules.ts';
import type { PageReader } from '../state/page-store.ts';
import { Overlay, type RecordSource, type StoredRecord } from '../state/records.ts';
import { applyChanges, applyChangesInSteps, type LeafChange, type TreeRoot, type TreeUpdate } from '../state/tree.ts';
import { runSteps } from '../steps.ts';
import { type Misbehaviour, recordMisbehaviour } from '../validators/misbehaviour.ts';
import { type ValidatorUpdate, validatorUpdatesOf } from '../validators/validator-update.ts';
import { type Bundle, signBytesOf } from './bundle.ts';
import { type Executed, executeOperation, type RunningLedger } from './execute-operation.ts';
import type { BlockFacts } from './execution.ts';
import { BUNDLE_OPERATIONS_MAX, STEP_OPERATIONS, STEP_WRITES } from './limits.ts';
import { bundleVerdictId } from './verdicts.ts';

/** One receipt of a block, with what the host indexes it by. */
export interface BlockReceipt {
  readonly index: number;
  readonly operationHash: Bytes;
  readonly bytes: Bytes;
  readonly isCharged: boolean;
  readonly isSuccess: boolean;
  /** Whether it ended own packets that were refused or timed out. */
  readonly failsPackets: boolean;
}

/** All that a block changes. */
export interface BlockEffects {
  readonly block: BlockFacts;
  /** One a bundle: code 0, or another when the whole bundle was refused; data is the Merkle root over its receipts. */
  readonly results: readonly TransactionResult[];
  /** One list a bundle, in the bundle's order. */
  readonly receipts: readonly (readonly BlockReceipt[])[];
  /** By key; undefined where deleted. */
  readonly writes: ReadonlyMap<string, StoredRecord | undefined>;
  readonly tree: TreeUpdate;
  /** The writes as the tree knows them. */
  readonly leafChanges: readonly LeafChange[];
  /** Changes of the validator set that the block decided; they hold from two blocks later on. */
  readonly validatorUpdates: readonly ValidatorUpdate[];
}

/** Result codes of a bundle. */
export const BUNDLE_OK = 0;
export const BUNDLE_REFUSED = 1;

/**
 * Checks what only the whole bundle can show: chain id, size, the gateway's signature and membership.
 *
 * @returns WRONG_NETWORK, BUNDLE_TOO_LARGE, NOT_AUTHORISED or SIGNATURE_INVALID.
 */
export function checkBundle(ledger: RunningLedger, records: RecordSource, bundle: Bundle): Result<true> {
  const { admission, crypto } = ledger;
  if (bundle.chainId !== ledger.chainId) return refuse('WRONG_NETWORK', { network: bundle.chainId, expected: ledger.chainId });
  const count = bundle.operations.length;
  if (count === 0 || count > BUNDLE_OPERATIONS_MAX) {
    return refuse('BUNDLE_TOO_LARGE', { operationCount: count, operationCountMax: BUNDLE_OPERATIONS_MAX });
  }
  const key = findKey(records, bundle.keyId);
  const isGateway = key?.use === 'operation' && key.status === 'active' && key.organisation === bundle.gateway;
  if (!isGateway || findOrganisation(records, bundle.gateway)?.status !== 'enrolled') {
    return refuse('NOT_AUTHORISED', { reason: 'gateway', gateway: bundle.gateway });
  }
  const publicKey = publicKeyOf(key);
  const message = signBytesOf(bundle);
  const signed = { message, signature: bundle.signature, publicKey };
  const verdict = admission.verdicts.verify({ ...signed, message: () => message, verdictId: bundleVerdictId(crypto.sha256, signed) });
  return verdict ? accept(true) : refuse('SIGNATURE_INVALID', { gateway: bundle.gateway });
}

/** A block being executed, in steps so that the host can let others run in between. */
export class BlockExecution {
  readonly #ledger: RunningLedger;
  readonly #block: BlockFacts;
  readonly #state: Overlay;
  readonly #results: TransactionResult[] = [];
  readonly #receipts: BlockReceipt[][] = [];
  #operationCount = 0;

  constructor(ledger: RunningLedger, block: BlockFacts, records: RecordSource) {
    this.#ledger = ledger;
    this.#block = block;
    this.#state = new Overlay(records);
  }

  /** Before the bundles: what the block's evidence says becomes part of the ledger. */
  recordMisbehaviour(evidence: readonly Misbehaviour[]): void {
    recordMisbehaviour(this.#state, this.#block.height, evidence);
  }

  /** May rest after each few operations. @param bundle undefined when the host's decoder refused its bytes: it has a result and no receipts. */
  *executeBundleInSteps(bundle: Bundle | undefined): Generator<void, void> {
    const isSound = bundle !== undefined && this.#isReadable(bundle) && checkBundle(this.#ledger, this.#state, bundle).ok;
    const receipts: BlockReceipt[] = [];
    for (const operation of isSound ? bundle.operations : []) {
      receipts.push(this.#receiptOf(executeOperation(this.#ledger, this.#block, this.#state, operation)));
      if (receipts.length % STEP_OPERATIONS === 0) yield;
    }
    const data = receiptsRoot(
      this.#ledger.crypto.sha256,
      receipts.map(({ bytes }) => bytes),
    );
    this.#results.push({ code: isSound ? BUNDLE_OK : BUNDLE_REFUSED, data, gasWanted: 0n, gasUsed: 0n });
    this.#receipts.push(receipts);
  }

  /** @param base the root before the block; @param reader pages of it. */
  finish(base: TreeRoot, reader: PageReader): BlockEffects {
    return runSteps(this.finishInSteps(base, reader));
  }

  /** finish, which may rest between its steps. */
  *finishInSteps(base: TreeRoot, reader: PageReader): Generator<void, BlockEffects> {
    const { admission, crypto } = this.#ledger;
    admission.replay.endBlock(this.#state, this.#block.height, this.#block.timeUnixMs);
    const writes = this.#state.changes;
    const leafChanges = yield* leafChangesInSteps(crypto.sha256, writes);
    const tree = yield* applyChangesInSteps({ sha256: crypto.sha256, reader }, base, this.#block.height, leafChanges);
    const validatorUpdates = validatorUpdatesOf(writes);
    return { block: this.#block, results: this.#results, receipts: this.#receipts, writes, tree, leafChanges, validatorUpdates };
  }

  /** Before its version a packed bundle is what every release takes it for: bytes that say nothing. */
  #isReadable({ packedHash }: Bundle): boolean {
    return packedHash === undefined || rulesAt(this.#state, this.#block.height).readsPackedBundles;
  }

  #receiptOf(executed: Executed): BlockReceipt {
    const index = this.#operationCount++;
    const { operationHash, outcome, events, isCharged } = executed;
    const bytes = encodeReceipt({ height: this.#block.height, index, operation: operationHash, outcome, events });
    return { index, operationHash, bytes, isCharged, isSuccess: outcome.ok, failsPackets: tellsOfFailure(events) };
  }
}

/** The tree after a set of writes. */
export function applyWrites(
  tools: Parameters<typeof applyChanges>[0],
  base: TreeRoot,
  version: number,
  writes: ReadonlyMap<string, StoredRecord | undefined>,
): TreeUpdate {
  return applyChanges(tools, base, version, runSteps(leafChangesInSteps(tools.sha256, writes)));
}

function* leafChangesInSteps(
  sha256: Sha256,
  writes: ReadonlyMap<string, StoredRecord | undefined>,
): Generator<void, readonly LeafChange[]> {
  const changes: LeafChange[] = [];
  for (const [key, stored] of writes) {
    changes.push({ keyHash: sha256(utf8Encode(key)), valueHash: stored === undefined ? undefined : sha256(stored.bytes) });
    if (changes.length % STEP_WRITES === 0) yield;
  }
  return changes;
}

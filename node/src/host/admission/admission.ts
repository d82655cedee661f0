import {
  base64urlEncode,
  type CryptoPort,
  invariant,
  type Refusal,
  type Result,
  refuse,
  type VerifyEd25519Elsewhere,
} from '@civitas/canon';
import type { OperationBatch, SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { type Instruments, NO_TRACING, type nodeMetrics, type Tracing } from '@civitas/telemetry';
import type { Verdicts } from '../../core/ledger/verdicts.ts';
import { EngineRefusal } from '../engine/cometbft/engine-refusal.ts';
import type { SigningKey } from '../keys/node-keys.ts';
import type { LedgerHost, StoredReceipt } from '../ledger/ledger-host.ts';
import { BundleRefusedError } from '../ledger/running-host.ts';
import { type AdmittedOperation, admitOperation } from './admit.ts';
import { Bundler } from './bundler.ts';
import { BURST_SECONDS, ORGANISATIONS_MAX, QUEUE_OPERATIONS_MAX, QUEUE_RETRY_AFTER_MS, QUEUE_SHARE_OF_ORGANISATION } from './limits.ts';
import { type CountOrganisation, followOrganisations } from './organisation-counts.ts';
import { type ReadOperation, readBatch, readOperation } from './read-operation.ts';
import { openTokenBuckets, type TokenBuckets } from './token-bucket.ts';
import { VerifyQueue } from './verify-queue.ts';

export interface AdmissionOptions {
  readonly ledger: LedgerHost;
  readonly crypto: Pick<CryptoPort, 'sha256'>;
  readonly verifyEd25519: VerifyEd25519Elsewhere;
  /** Shared with the ledger, so that no signature is verified twice. */
  readonly verdicts: Verdicts;
  readonly gateway: { readonly organisation: string; readonly key: SigningKey };
  readonly bundleWaitMs: number;
  /** Default QUEUE_OPERATIONS_MAX. */
  readonly queueOperationsMax?: number | undefined;
  readonly metrics: Pick<
    Instruments<typeof nodeMetrics>,
    | 'admissionRefusals'
    | 'admissionQueue'
    | 'admissionQueueLimit'
    | 'organisationOperations'
    | 'bundleOperations'
    | 'operationSeconds'
    | 'rpcThrottled'
  >;
  /** Default: nothing is traced. */
  readonly tracing?: Tracing;
  readonly nowUnixMs: () => number;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
}

type KnownRefusal = (typeof nodeMetrics)['admissionRefusals']['labels']['code'][number];
const COUNTED: ReadonlySet<string> = new Set<KnownRefusal>([
  'MALFORMED',
  'WRONG_NETWORK',
  'SIGNATURE_INVALID',
  'NOT_AUTHORISED',
  'EXPIRED',
  'RATE_LIMITED',
  'QUEUE_FULL',
  'DRAINING',
  'HALTED',
  'ENGINE_BUSY',
]);

const NOT_THERE = refuse('MALFORMED', { field: 'batch', expected: 'an operation' });

/** The one way from a gateway into the ledger: checks, limits, bundles, and to each caller its own receipt. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #bundler: Bundler;
  readonly #signatures: VerifyQueue;
  readonly #buckets: TokenBuckets;
  readonly #organisations: CountOrganisation;
  readonly #inFlight = new Map<string, Promise<StoredReceipt>>();
  #queuedCount = 0;
  readonly #queuedMax: number;
  readonly #queuedByOrganisation = new Map<string, number>();
  #isDraining = false;
  #onIdle: (() => void)[] = [];
  #blockTimeUnixMs: number;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#blockTimeUnixMs = options.ledger.status().timeUnixMs;
    options.ledger.onCommit(({ timeUnixMs }) => {
      this.#blockTimeUnixMs = timeUnixMs;
    });
    const perSecond = options.ledger.genesis.appState.limits.operationsPerSecondPerOrganisation;
    this.#queuedMax = options.queueOperationsMax ?? QUEUE_OPERATIONS_MAX;
    options.metrics.admissionQueueLimit.set({}, this.#queuedMax);
    this.#organisations = followOrganisations(options.metrics.organisationOperations);
    this.#buckets = openTokenBuckets({ perSecond, burst: perSecond * BURST_SECONDS, namesMax: ORGANISATIONS_MAX, nowMs: options.nowMs });
    this.#signatures = new VerifyQueue(options.verdicts, options.verifyEd25519);
    this.#bundler = new Bundler({
      chainId: options.ledger.genesis.chainId,
      gateway: options.gateway.organisation,
      key: options.gateway.key,
      waitMs: options.bundleWaitMs,
      submit: (bundle) => options.ledger.submit(bundle),
      packs: () => options.ledger.readsPackedBundles,
      sha256: options.crypto.sha256,
      onBundle: (count) => options.metrics.bundleOperations.observe({}, count),
    });
  }

  /**
   * Admits one operation and waits until the block that holds it is durable. An operation that was executed before answers with
   * the receipt it got then; one that is being ordered joins the wait.
   */
  async submit(signed: SignedOperation, organisation: string): Promise<Result<StoredReceipt>> {
    const admitted = this.#admit(() => readOperation(this.#options.crypto.sha256, signed), organisation);
    const [answer] = this.#order([admitted], organisation);
    invariant(answer !== undefined, 'one operation has one answer');
    return answer;
  }

  /**
   * The same for operations under one shared signature, which is verified once. Each is admitted or refused alone, and those that are
   * admitted stay together as long as none between them is refused.
   *
   * @returns an answer for each operation, in order.
   */
  submitBatch(batch: OperationBatch, organisation: string): readonly Promise<Result<StoredReceipt>>[] {
    let read: ReturnType<typeof readBatch> | undefined;
    const readAt = (at: number): Result<ReadOperation> => {
      read ??= readBatch(this.#options.crypto.sha256, batch);
      return read.ok ? (read.value[at] ?? NOT_THERE) : read;
    };
    const admitted = batch.operations.map((_, at) => this.#admit(() => readAt(at), organisation));
    return this.#order(admitted, organisation);
  }

  /** Refuses what comes from now on; resolves once nothing is in flight. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#queuedCount > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  get queuedCount(): number {
    return this.#queuedCount;
  }

  #count(organisation: string, change: number): void {
    this.#queuedCount += change;
    this.#queuedByOrganisation.set(organisation, (this.#queuedByOrganisation.get(organisation) ?? 0) + change);
    this.#options.metrics.admissionQueue.set({}, this.#queuedCount);
  }

  #refuse(refusal: Refusal): Result<never> {
    const { code } = refusal;
    this.#options.metrics.admissionRefusals.inc({ code: COUNTED.has(code) ? code : 'other' });
    return { ok: false, refusal };
  }

  #admit(read: () => Result<ReadOperation>, organisation: string): Result<AdmittedOperation> {
    if (this.#isDraining) return refuse('DRAINING', { retryAfterMs: QUEUE_RETRY_AFTER_MS }, 'retry');
    const retryAfterMs = this.#buckets.take(organisation);
    if (retryAfterMs > 0) {
      this.#options.metrics.rpcThrottled.inc({ limit: 'operations' });
      return refuse('RATE_LIMITED', { retryAfterMs }, 'retry');
    }
    const formed = read();
    if (!formed.ok) return formed;
    const { ledger, nowUnixMs } = this.#options;
    return admitOperation({ ledger, nowUnixMs, blockTimeUnixMs: this.#blockTimeUnixMs }, formed.value, organisation);
  }

  /** Verifies and bundles what was admitted; the answers come in order, so that operations enter their bundle in order. */
  #order(offered: readonly Result<AdmittedOperation>[], organisation: string): readonly Promise<Result<StoredReceipt>>[] {
    const admitted = this.#withoutNewWork(offered);
    const passed = admitted.flatMap((one) => (one.ok ? [one.value] : []));
    const full = passed.length === 0 ? undefined : this.#checkQueue(organisation, passed.length);
    this.#organisations(organisation, admitted, full);
    if (full !== undefined) return admitted.map(async (one) => this.#refuse(one.ok ? full : one.refusal));
    this.#count(organisation, passed.length);
    const startedMs = this.#options.nowMs();
    const verified = this.#verify(passed);
    return admitted.map(async (one): Promise<Result<StoredReceipt>> => {
      if (!one.ok) return this.#refuse(one.refusal);
      try {
        const refusal = (await verified).get(one.value);
        if (refusal !== undefined) return this.#refuse(refusal);
        const value = await this.#receiptOf(one.value);
        this.#tell(one.value, value, this.#options.nowMs() - startedMs);
        return { ok: true, value };
      } catch (error) {
        // Refused before the engine took it: known to be in no block, unlike anything else that is thrown.
        if (error instanceof EngineRefusal) return this.#refuse(error.refusal);
        // This node's own key is not enrolled, or no longer; what else is wrong with a bundle is our bug.
        if (error instanceof BundleRefusedError && error.refusal.code === 'NOT_AUTHORISED') return this.#refuse(error.refusal);
        throw error;
      } finally {
        this.#count(organisation, -1);
        if (this.#queuedCount === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
      }
    });
  }

  #tell({ operationHash, operation }: AdmittedOperation, { height }: StoredReceipt, tookMs: number): void {
    const { metrics, tracing = NO_TRACING, nowUnixMs } = this.#options;
    metrics.operationSeconds.observe({}, tookMs / 1000);
    if (!tracing.samples(operationHash)) return;
    const endUnixMs = nowUnixMs();
    const attributes = { height, contract: operation.contract, method: operation.method };
    tracing.record({ name: 'operation', operation: operationHash, startUnixMs: endUnixMs - tookMs, endUnixMs, attributes });
  }

  /** Asks for each signature once, however many operations it covers. @returns what is refused. */
  async #verify(admitted: readonly AdmittedOperation[]): Promise<ReadonlyMap<AdmittedOperation, Refusal>> {
    const asked = new Map<string, Promise<boolean>>();
    for (const signed of admitted.flatMap(({ signatures }) => signatures)) {
      if (!asked.has(signed.verdictId)) asked.set(signed.verdictId, this.#signatures.ask(signed));
    }
    const verdicts = new Map(await Promise.all([...asked].map(async ([verdictId, verdict]) => [verdictId, await verdict] as const)));
    const refused = new Map<AdmittedOperation, Refusal>();
    for (const one of admitted) {
      const invalid = one.signatures.find(({ verdictId }) => verdicts.get(verdictId) !== true);
      if (invalid !== undefined) refused.set(one, { code: 'SIGNATURE_INVALID', facts: { keyId: invalid.keyId }, then: 'drop' });
    }
    return refused;
  }

  /** While nothing is ordered, work is refused; what was executed before still gets its receipt. */
  #withoutNewWork(offered: readonly Result<AdmittedOperation>[]): readonly Result<AdmittedOperation>[] {
    const { ledger } = this.#options;
    const refusal = offered.some(({ ok }) => ok) ? ledger.refusalOfWork() : undefined;
    if (refusal === undefined) return offered;
    const isExecuted = ({ operationHash }: AdmittedOperation): boolean => ledger.findReceipt(operationHash) !== undefined;
    return offered.map((one) => (one.ok && !isExecuted(one.value) ? { ok: false, refusal } : one));
  }

  #checkQueue(organisation: string, count: number): Refusal | undefined {
    const queued = this.#queuedCount;
    const own = this.#queuedByOrganisation.get(organisation) ?? 0;
    if (queued + count <= this.#queuedMax && own + count <= this.#queuedMax * QUEUE_SHARE_OF_ORGANISATION) return undefined;
    this.#options.metrics.rpcThrottled.inc({ limit: 'queue' });
    return { code: 'QUEUE_FULL', facts: { queued, queuedByOrganisation: own, retryAfterMs: QUEUE_RETRY_AFTER_MS }, then: 'retry' };
  }

  /** The receipt that it got when it was executed before, or gets now. */
  async #receiptOf(admitted: AdmittedOperation): Promise<StoredReceipt> {
    const id = base64urlEncode(admitted.operationHash);
    const joined = this.#inFlight.get(id);
    if (joined !== undefined) return joined;
    const known = this.#options.ledger.findReceipt(admitted.operationHash);
    if (known !== undefined) return known;
    const ordered = this.#bundler.add(admitted).then((receipt) => this.#ownOf(receipt));
    this.#inFlight.set(id, ordered);
    try {
      return await ordered;
    } finally {
      this.#inFlight.delete(id);
    }
  }

  /** Ordered again because another gateway had handed it over too: the answer is the receipt of the time that counted. */
  #ownOf(receipt: StoredReceipt): StoredReceipt {
    const { bytes, operationHash } = receipt;
    // A look at the bytes alone, which arguments could deceive, to no effect: the index is right about any operation.
    const mayBeReplayed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('"REPLAYED"');
    return (mayBeReplayed ? this.#options.ledger.findReceipt(operationHash) : undefined) ?? receipt;
  }
}

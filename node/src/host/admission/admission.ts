import { base64urlEncode, type CryptoPort, type Refusal, type Result, refuse, type VerifyEd25519Elsewhere } from '@civitas/canon';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import type { Instruments, nodeMetrics } from '@civitas/telemetry';
import type { Verdicts } from '../../core/ledger/verdicts.ts';
import type { SigningKey } from '../keys/node-keys.ts';
import type { LedgerHost, StoredReceipt } from '../ledger/ledger-host.ts';
import { type AdmittedOperation, admitOperation } from './admit.ts';
import { Bundler } from './bundler.ts';
import {
  BURST_SECONDS,
  ORGANISATIONS_MAX,
  QUEUE_OPERATIONS_MAX,
  QUEUE_OPERATIONS_PER_ORGANISATION_MAX,
  QUEUE_RETRY_AFTER_MS,
} from './limits.ts';
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
  readonly metrics: Pick<
    Instruments<typeof nodeMetrics>,
    'admissionRefusals' | 'admissionQueue' | 'bundleOperations' | 'operationSeconds' | 'rpcThrottled'
  >;
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
]);

/** The one way from a gateway into the ledger: checks, limits, bundles, and to each caller its own receipt. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #bundler: Bundler;
  readonly #signatures: VerifyQueue;
  readonly #buckets: TokenBuckets;
  readonly #inFlight = new Map<string, Promise<StoredReceipt>>();
  #queuedCount = 0;
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
    this.#buckets = openTokenBuckets({ perSecond, burst: perSecond * BURST_SECONDS, namesMax: ORGANISATIONS_MAX, nowMs: options.nowMs });
    this.#signatures = new VerifyQueue(options.verdicts, options.verifyEd25519);
    this.#bundler = new Bundler({
      chainId: options.ledger.genesis.chainId,
      gateway: options.gateway.organisation,
      key: options.gateway.key,
      waitMs: options.bundleWaitMs,
      submit: (bundle) => options.ledger.submit(bundle),
      onBundle: (count) => options.metrics.bundleOperations.observe({}, count),
    });
  }

  /**
   * Admits one operation and waits until the block that holds it is durable. An operation that was executed before answers with
   * the receipt it got then; one that is being ordered joins the wait.
   */
  async submit(signed: SignedOperation, organisation: string): Promise<Result<StoredReceipt>> {
    const admitted = this.#admit(signed, organisation);
    const full = admitted.ok ? this.#checkQueue(organisation) : undefined;
    if (full !== undefined) return this.#refuse(full);
    if (!admitted.ok) return this.#refuse(admitted.refusal);
    const startedMs = this.#options.nowMs();
    this.#count(organisation, 1);
    try {
      const refusal = await this.#checkSignatures(admitted.value);
      if (refusal !== undefined) return this.#refuse(refusal);
      const value = await this.#receiptOf(admitted.value);
      this.#options.metrics.operationSeconds.observe({}, (this.#options.nowMs() - startedMs) / 1000);
      return { ok: true, value };
    } finally {
      this.#count(organisation, -1);
      if (this.#queuedCount === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /** Refuses what comes from now on; resolves once nothing is in flight. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#queuedCount > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  get queuedCount(): number {
    return this.#queuedCount;
  }

  #count(organisation: string, change: 1 | -1): void {
    this.#queuedCount += change;
    this.#queuedByOrganisation.set(organisation, (this.#queuedByOrganisation.get(organisation) ?? 0) + change);
    this.#options.metrics.admissionQueue.set({}, this.#queuedCount);
  }

  #refuse(refusal: Refusal): Result<never> {
    const { code } = refusal;
    this.#options.metrics.admissionRefusals.inc({ code: COUNTED.has(code) ? code : 'other' });
    return { ok: false, refusal };
  }

  #admit(signed: SignedOperation, organisation: string): Result<AdmittedOperation> {
    if (this.#isDraining) return refuse('DRAINING', { retryAfterMs: QUEUE_RETRY_AFTER_MS }, 'retry');
    const retryAfterMs = this.#buckets.take(organisation);
    if (retryAfterMs > 0) {
      this.#options.metrics.rpcThrottled.inc({ limit: 'operations' });
      return refuse('RATE_LIMITED', { retryAfterMs }, 'retry');
    }
    const { crypto, ledger, nowUnixMs } = this.#options;
    return admitOperation({ crypto, ledger, nowUnixMs, blockTimeUnixMs: this.#blockTimeUnixMs }, signed, organisation);
  }

  async #checkSignatures({ signatures }: AdmittedOperation): Promise<Refusal | undefined> {
    const verdicts = await Promise.all(signatures.map((signature) => this.#signatures.ask(signature)));
    const invalid = signatures.find((_, at) => verdicts[at] !== true);
    return invalid && { code: 'SIGNATURE_INVALID', facts: { keyId: invalid.keyId }, then: 'drop' };
  }

  #checkQueue(organisation: string): Refusal | undefined {
    const queued = this.#queuedCount;
    const own = this.#queuedByOrganisation.get(organisation) ?? 0;
    if (queued < QUEUE_OPERATIONS_MAX && own < QUEUE_OPERATIONS_PER_ORGANISATION_MAX) return undefined;
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
    const ordered = this.#bundler.add(admitted);
    this.#inFlight.set(id, ordered);
    try {
      return await ordered;
    } finally {
      this.#inFlight.delete(id);
    }
  }
}

import { base64urlEncode, type CryptoPort, type Refusal, type Result, refuse } from '@civitas/canon';
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

export interface AdmissionOptions {
  readonly ledger: LedgerHost;
  readonly crypto: CryptoPort;
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
  readonly #buckets: TokenBuckets;
  readonly #inFlight = new Map<string, Promise<StoredReceipt>>();
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
    if (!admitted.ok) {
      const { code } = admitted.refusal;
      this.#options.metrics.admissionRefusals.inc({ code: COUNTED.has(code) ? code : 'other' });
      return admitted;
    }
    const known = this.#options.ledger.findReceipt(admitted.value.operationHash);
    if (known !== undefined) return { ok: true, value: known };
    const id = base64urlEncode(admitted.value.operationHash);
    const joined = this.#inFlight.get(id);
    if (joined !== undefined) return { ok: true, value: await joined };
    const full = this.#checkQueue(organisation);
    if (full !== undefined) {
      this.#options.metrics.admissionRefusals.inc({ code: full.code });
      return { ok: false, refusal: full };
    }
    return { ok: true, value: await this.#order(id, admitted.value) };
  }

  /** Refuses what comes from now on; resolves once nothing is in flight. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#inFlight.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  get queuedCount(): number {
    return this.#inFlight.size;
  }

  #admit(signed: SignedOperation, organisation: string): Result<AdmittedOperation> {
    if (this.#isDraining) return refuse('DRAINING', { retryAfterMs: QUEUE_RETRY_AFTER_MS }, 'retry');
    const retryAfterMs = this.#buckets.take(organisation);
    if (retryAfterMs > 0) {
      this.#options.metrics.rpcThrottled.inc({ limit: 'operations' });
      return refuse('RATE_LIMITED', { retryAfterMs }, 'retry');
    }
    const { crypto, verdicts, ledger, nowUnixMs } = this.#options;
    return admitOperation({ crypto, verdicts, ledger, nowUnixMs, blockTimeUnixMs: this.#blockTimeUnixMs }, signed, organisation);
  }

  #checkQueue(organisation: string): Refusal | undefined {
    const queued = this.#inFlight.size;
    const own = this.#queuedByOrganisation.get(organisation) ?? 0;
    if (queued < QUEUE_OPERATIONS_MAX && own < QUEUE_OPERATIONS_PER_ORGANISATION_MAX) return undefined;
    this.#options.metrics.rpcThrottled.inc({ limit: 'queue' });
    return { code: 'QUEUE_FULL', facts: { queued, queuedByOrganisation: own, retryAfterMs: QUEUE_RETRY_AFTER_MS }, then: 'retry' };
  }

  async #order(id: string, admitted: AdmittedOperation): Promise<StoredReceipt> {
    const { organisation } = admitted.operation;
    const startedMs = this.#options.nowMs();
    const receipt = this.#bundler.add(admitted);
    this.#inFlight.set(id, receipt);
    this.#queuedByOrganisation.set(organisation, (this.#queuedByOrganisation.get(organisation) ?? 0) + 1);
    this.#options.metrics.admissionQueue.set({}, this.#inFlight.size);
    try {
      return await receipt;
    } finally {
      this.#inFlight.delete(id);
      this.#queuedByOrganisation.set(organisation, (this.#queuedByOrganisation.get(organisation) ?? 1) - 1);
      this.#options.metrics.admissionQueue.set({}, this.#inFlight.size);
      this.#options.metrics.operationSeconds.observe({}, (this.#options.nowMs() - startedMs) / 1000);
      if (this.#inFlight.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }
}

import { type Bytes, type Sha256, SIGNATURE_BYTES } from '@civitas/canon';
import { bundleSignBytes, packedBundleSignBytes, sharedGroupsOf } from '../../core/ledger/bundle.ts';
import { BUNDLE_BYTES_MAX, BUNDLE_OPERATIONS_MAX } from '../../core/ledger/limits.ts';
import { BUNDLE_WAIT_MS_MAX } from '../config/limits.ts';
import { turnBudget } from '../event-loop/turn-budget.ts';
import type { SigningKey } from '../keys/node-keys.ts';
import { encodeBundle } from '../ledger/bundle-codec.ts';
import type { StoredReceipt } from '../ledger/ledger-host.ts';
import { encodePackedBundle, packedContentOf } from '../ledger/packed-bundle.ts';
import type { AdmittedOperation } from './admit.ts';
import { BUNDLE_OVERHEAD_BYTES, BUNDLES_IN_FLIGHT_MAX, OPERATION_FRAMING_BYTES, SHARED_PATH_BYTES } from './limits.ts';
import { encodedBodyBytesOf } from './read-operation.ts';

export interface BundlerOptions {
  readonly chainId: string;
  /** Organisation that is charged for the bundles, with its operation key. */
  readonly gateway: string;
  readonly key: SigningKey;
  /** How long an operation waits for company while one bundle is being ordered, ms; twice as long for each more, up to BUNDLE_WAIT_MS_MAX. */
  readonly waitMs: number;
  readonly submit: (bundle: Bytes) => Promise<readonly StoredReceipt[]>;
  /** Whether the ledger's protocol reads packed bundles. */
  readonly packs: () => boolean;
  /** For what is packed. */
  readonly sha256: Sha256;
  readonly onBundle?: (operationCount: number) => void;
}

interface Waiting {
  readonly admitted: AdmittedOperation;
  readonly encodedBytes: number;
  readonly resolve: (receipt: StoredReceipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Bytes that an operation takes inside a bundle beside its company, at most. */
function encodedBytesOf({ envelope }: AdmittedOperation): number {
  return encodedBodyBytesOf(envelope) + (envelope.shared === undefined ? SIGNATURE_BYTES : SHARED_PATH_BYTES);
}

/** What stands or falls together: one operation, or a batch whose operations all wait side by side and share one signature. */
interface Unit {
  readonly count: number;
  readonly encodedBytes: number;
}

function unitsOf(waiting: readonly Waiting[]): Unit[] {
  const groups = new Map(sharedGroupsOf(waiting.map(({ admitted }) => admitted.envelope)).map((group) => [group.first, group.count]));
  const units: Unit[] = [];
  for (let at = 0; at < waiting.length; ) {
    const count = groups.get(at) ?? 1;
    const members = waiting.slice(at, at + count);
    const encodedBytes = members.reduce(
      (bytes, { admitted }) => bytes + (count === 1 ? encodedBytesOf(admitted) : encodedBodyBytesOf(admitted.envelope)),
      count === 1 ? 0 : SIGNATURE_BYTES + OPERATION_FRAMING_BYTES,
    );
    units.push({ count, encodedBytes });
    at += count;
  }
  return units;
}

/**
 * Gathers operations into bundles. An idle node sends a lone operation at once; while bundles are being ordered, others wait for
 * company until one is durable, a bundle is full, or the wait is over: it grows with the load and never without it, because a bundle
 * costs every validator a signature and a round of messages, however few it carries.
 */
export class Bundler {
  readonly #options: BundlerOptions;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #bundlesInFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  #isScheduled = false;

  constructor(options: BundlerOptions) {
    this.#options = options;
  }

  /** Operations that wait for a bundle. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Resolves with this operation's own receipt; rejects when the ledger stops before the block is durable. */
  add(admitted: AdmittedOperation): Promise<StoredReceipt> {
    return new Promise((resolve, reject) => {
      const encodedBytes = encodedBodyBytesOf(admitted.envelope) + SIGNATURE_BYTES;
      this.#waiting.push({ admitted, encodedBytes, resolve, reject });
      this.#waitingBytes += encodedBytes;
      this.#schedule();
    });
  }

  #isFull(): boolean {
    return this.#waiting.length >= BUNDLE_OPERATIONS_MAX || this.#waitingBytes >= BUNDLE_BYTES_MAX - BUNDLE_OVERHEAD_BYTES;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0 || this.#bundlesInFlight >= BUNDLES_IN_FLIGHT_MAX) return;
    if (this.#bundlesInFlight === 0 || this.#isFull()) {
      this.#isScheduled = true;
      // After what else arrived in this turn of the event loop.
      setImmediate(() => {
        this.#isScheduled = false;
        this.#flush();
      });
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, this.#waitMs());
  }

  #waitMs(): number {
    return Math.min(BUNDLE_WAIT_MS_MAX, this.#options.waitMs * 2 ** (this.#bundlesInFlight - 1));
  }

  #take(): Waiting[] {
    let count = 0;
    let bytes = BUNDLE_OVERHEAD_BYTES;
    // A batch is never parted for want of room: the next bundle holds it whole, and no paths travel.
    for (const unit of unitsOf(this.#waiting.slice(0, 2 * BUNDLE_OPERATIONS_MAX))) {
      if (count + unit.count > BUNDLE_OPERATIONS_MAX || (count > 0 && bytes + unit.encodedBytes > BUNDLE_BYTES_MAX)) break;
      bytes += unit.encodedBytes;
      count += unit.count;
    }
    const taken = this.#waiting.splice(0, count);
    for (const { encodedBytes } of taken) this.#waitingBytes -= encodedBytes;
    return taken;
  }

  #flush(): void {
    if (this.#waiting.length === 0 || this.#bundlesInFlight >= BUNDLES_IN_FLIGHT_MAX) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const taken = this.#take();
    this.#bundlesInFlight += 1;
    this.#options.onBundle?.(taken.length);
    void this.#order(taken).finally(() => {
      this.#bundlesInFlight -= 1;
      this.#schedule();
    });
    this.#schedule();
  }

  async #order(taken: readonly Waiting[]): Promise<void> {
    try {
      const bundle = await turnBudget.take(() => this.#encode(taken));
      const receipts = await turnBudget.take(() => this.#options.submit(bundle));
      for (const [at, waiting] of taken.entries()) {
        const receipt = receipts[at];
        if (receipt === undefined) waiting.reject(new Error(`bundle of ${taken.length} came back with ${receipts.length} receipts`));
        else waiting.resolve(receipt);
      }
    } catch (error) {
      for (const waiting of taken) waiting.reject(error);
    }
  }

  #encode(taken: readonly Waiting[]): Bytes {
    return this.#packed(taken) ?? this.#plain(taken);
  }

  /** Undefined where the ledger does not read it, or it is no shorter. */
  #packed(taken: readonly Waiting[]): Bytes | undefined {
    const { chainId, gateway, key, packs, sha256 } = this.#options;
    if (!packs()) return undefined;
    const unsigned = encodeBundle(
      { chainId, gateway, keyId: key.keyId, signature: new Uint8Array(0) },
      taken.map(({ admitted }) => admitted),
    );
    const content = packedContentOf(unsigned);
    if (content.length >= unsigned.length) return undefined;
    return encodePackedBundle({ signature: key.sign(packedBundleSignBytes(chainId, sha256(content))), content });
  }

  #plain(taken: readonly Waiting[]): Bytes {
    const { chainId, gateway, key } = this.#options;
    const message = bundleSignBytes(
      chainId,
      taken.map(({ admitted }) => admitted.envelopeHash),
    );
    return encodeBundle(
      { chainId, gateway, keyId: key.keyId, signature: key.sign(message) },
      taken.map(({ admitted }) => admitted),
    );
  }
}

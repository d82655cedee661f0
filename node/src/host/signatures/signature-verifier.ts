import { Worker } from 'node:worker_threads';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, type VerifyEd25519, type VerifyEd25519Elsewhere } from '@civitas/canon';
import { sodiumCrypto } from '@civitas/canon/sodium';
import { encodeBatch, type SignedBytes } from './batch-codec.ts';
import { BATCH_BYTES_MAX, BATCH_SIGNATURES_MAX, BATCHES_IN_FLIGHT_MAX, INLINE_SIGNATURES_MAX } from './limits.ts';

interface Waiting extends SignedBytes {
  readonly resolve: (verdict: boolean) => void;
  readonly reject: (error: Error) => void;
}

export interface SignatureVerifierOptions {
  /** Program of the thread; tests give one that fails. */
  readonly entry?: URL;
  /** For the few that are verified on this thread. */
  readonly verifyEd25519?: VerifyEd25519;
}

const ENTRY = new URL('./verify-thread.ts', import.meta.url);

/**
 * Verifies Ed25519 on a thread of its own, which takes what one turn of the event loop asked for as one message. The thread starts with
 * the first batch. What waits is bounded by those who ask (queue of admission, bundles of a block).
 */
export class SignatureVerifier {
  readonly #entry: URL;
  readonly #verifyEd25519: VerifyEd25519;
  #thread: Worker | undefined;
  #waiting: Waiting[] = [];
  readonly #inFlight: (readonly Waiting[])[] = [];
  #isScheduled = false;
  #failure: Error | undefined;

  constructor(options: SignatureVerifierOptions = {}) {
    this.#entry = options.entry ?? ENTRY;
    this.#verifyEd25519 = options.verifyEd25519 ?? sodiumCrypto.verifyEd25519;
  }

  /** @throws Error once the thread has failed or was closed: no verdict is known then. */
  readonly verify: VerifyEd25519Elsewhere = (message, signature, publicKey) => {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, signature, publicKey, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#flush();
      });
    });
  };

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#fail(new Error('signature verification was closed'));
    await thread?.terminate();
  }

  #flush(): void {
    if (this.#waiting.length <= INLINE_SIGNATURES_MAX && this.#inFlight.length === 0) return this.#verifyHere();
    while (this.#waiting.length > 0 && this.#inFlight.length < BATCHES_IN_FLIGHT_MAX) {
      const batch = this.#take();
      const bytes = encodeBatch(batch);
      const thread = this.#started();
      this.#inFlight.push(batch);
      thread.ref();
      thread.postMessage(bytes, [bytes.buffer]);
    }
  }

  #take(): Waiting[] {
    let [count, bytes] = [0, 0];
    for (const { message } of this.#waiting) {
      bytes += message.length;
      if (count === BATCH_SIGNATURES_MAX || (count > 0 && bytes > BATCH_BYTES_MAX)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  #verifyHere(): void {
    for (const { message, signature, publicKey, resolve } of this.#waiting.splice(0)) {
      resolve(this.#verifyEd25519(message, signature, publicKey));
    }
  }

  #started(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(this.#entry, { name: 'verify' });
    thread.on('message', (verdicts: Uint8Array) => this.#answer(verdicts));
    thread.on('error', (error: Error) => this.#fail(error));
    thread.on('exit', (code) => this.#fail(new Error(`the verifying thread ended with code ${code}`)));
    this.#thread = thread;
    return thread;
  }

  #answer(verdicts: Uint8Array): void {
    const batch = this.#inFlight.shift();
    if (batch?.length !== verdicts.length) {
      const got = `${verdicts.length} verdicts for ${batch?.length ?? 0} signatures`;
      for (const { reject } of batch ?? []) reject(new Error(got));
      return this.#fail(new Error(got));
    }
    batch.forEach(({ resolve }, at) => resolve(verdicts[at] === 1));
    if (this.#inFlight.length === 0) this.#thread?.unref();
    if (this.#waiting.length > 0) this.#flush();
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const { reject } of [...this.#inFlight.splice(0).flat(), ...this.#waiting.splice(0)]) reject(error);
  }
}

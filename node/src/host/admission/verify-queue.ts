import type { VerifyEd25519Elsewhere } from '@civitas/canon';
import type { SignedUnder, Verdicts } from '../../core/ledger/verdicts.ts';
import { VERIFYING_MAX } from './limits.ts';

interface Entry {
  readonly signed: SignedUnder;
  readonly resolve: (verdict: boolean) => void;
  readonly reject: (error: unknown) => void;
  outcome: { readonly verdict: boolean } | { readonly error: unknown } | undefined;
}

/**
 * Verifies signatures side by side on other threads and answers in the order they were asked: operations of one organisation must not
 * overtake each other on their way into a bundle. What waits is bounded by the queue of admission, what runs by VERIFYING_MAX.
 */
export class VerifyQueue {
  readonly #verdicts: Verdicts;
  readonly #verifyEd25519: VerifyEd25519Elsewhere;
  /** In the order asked; those before `#started` run or have run. */
  readonly #entries: Entry[] = [];
  #started = 0;
  #running = 0;

  constructor(verdicts: Verdicts, verifyEd25519: VerifyEd25519Elsewhere) {
    this.#verdicts = verdicts;
    this.#verifyEd25519 = verifyEd25519;
  }

  /** @returns the signature rule's verdict, which `verdicts` answers with from then on. */
  ask(signed: SignedUnder): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#entries.push({ signed, resolve, reject, outcome: undefined });
      this.#start();
    });
  }

  #start(): void {
    while (this.#running < VERIFYING_MAX && this.#started < this.#entries.length) {
      const entry = this.#entries[this.#started];
      if (entry === undefined) return;
      this.#started += 1;
      this.#running += 1;
      this.#verdicts
        .verifyElsewhere(this.#verifyEd25519, entry.signed)
        .then(
          (verdict) => {
            entry.outcome = { verdict };
          },
          (error: unknown) => {
            entry.outcome = { error };
          },
        )
        .finally(() => {
          this.#running -= 1;
          this.#answer();
          this.#start();
        });
    }
  }

  #answer(): void {
    let count = 0;
    for (const { outcome, resolve, reject } of this.#entries) {
      if (outcome === undefined) break;
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.verdict);
      count += 1;
    }
    this.#entries.splice(0, count);
    this.#started -= count;
  }
}

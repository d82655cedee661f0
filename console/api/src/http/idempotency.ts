import { createHash } from 'node:crypto';
import { IDEMPOTENCY_KEY_CHARS_MAX } from '@civitas/console-contract';
import { IDEMPOTENCY_KEPT_MS, IDEMPOTENCY_KEYS_MAX } from './limits.ts';
import { ProblemError } from './problem-error.ts';

interface Kept {
  readonly request: string;
  readonly answer: Promise<unknown>;
  readonly untilMs: number;
}

/**
 * Answers to requests that came with an `Idempotency-Key`, so that a repetition is answered and not done again. They are kept in memory:
 * after a restart a second creation runs against names, which the API server keeps unique, and an operation against the key that the ledger
 * executed before.
 */
export class Idempotency {
  readonly #kept = new Map<string, Kept>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * Does something once per person and key.
   *
   * @throws ProblemError MALFORMED for a key that is too long, IDEMPOTENCY_REUSED when the key came with another request before.
   */
  async once<T>(
    key: { readonly sub: string; readonly header: string | undefined; readonly request: unknown },
    act: () => Promise<T>,
  ): Promise<T> {
    if (key.header === undefined) return act();
    if (key.header.length === 0 || key.header.length > IDEMPOTENCY_KEY_CHARS_MAX)
      throw new ProblemError('MALFORMED', `Idempotency-Key: 1 … ${IDEMPOTENCY_KEY_CHARS_MAX} characters`);
    const name = JSON.stringify([key.sub, key.header]);
    const request = createHash('sha256').update(JSON.stringify(key.request)).digest('base64');
    const known = this.#kept.get(name);
    if (known !== undefined && known.untilMs > this.#nowMs()) {
      if (known.request !== request) throw new ProblemError('IDEMPOTENCY_REUSED', 'that Idempotency-Key came with another request before');
      return known.answer as Promise<T>;
    }
    const answer = act();
    this.#keep(name, { request, answer, untilMs: this.#nowMs() + IDEMPOTENCY_KEPT_MS });
    // What failed may be tried again.
    answer.catch(() => this.#kept.delete(name));
    return answer;
  }

  #keep(name: string, kept: Kept): void {
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > IDEMPOTENCY_KEYS_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

import { ANSWER_SHARE, ANSWERS_REMEMBERED, GATHER_MS_MAX, GATHER_MS_MIN } from './limits.ts';

/**
 * How long an operation waits for company to be signed with. A signature and the messages around it cost every validator the same, however many
 * operations share them, so who sends steadily waits a small share of what an answer takes anyway. Who waits for nothing else, or already has the
 * company there is room for, leaves at once.
 */
export class Gathering {
  #answerMs = 0;

  /** An operation was answered so long after it had left. */
  answered(tookMs: number): void {
    this.#answerMs += (tookMs - this.#answerMs) / ANSWERS_REMEMBERED;
  }

  /** Of operations: those that have left, those that wait, and how many of these may leave. */
  waitMs({ unanswered, waiting, room }: { readonly unanswered: number; readonly waiting: number; readonly room: number }): number {
    if (unanswered === 0 || waiting >= room) return GATHER_MS_MIN;
    return Math.min(GATHER_MS_MAX, Math.max(GATHER_MS_MIN, Math.round(this.#answerMs * ANSWER_SHARE)));
  }
}

import type { ApiRequest } from './client.ts';
import { ApiProblem } from './problem.ts';

type Wish = Pick<ApiRequest, 'method' | 'path' | 'body'>;

const nameOf = ({ method, path, body }: Wish): string => JSON.stringify([method, path, body ?? null]);

/** Whether the server has said what became of it: a change whose answer was lost may have been made. */
export const isAnswered = (error: unknown): boolean => error === undefined || (error instanceof ApiProblem && error.status < 500);

/** Idempotency keys of one form: who presses its button again after a lost answer wants the same thing once, not another of its kind. */
export class WishKeys {
  readonly #unanswered = new Map<string, string>();

  keyOf(wish: Wish): string {
    const name = nameOf(wish);
    const key = this.#unanswered.get(name) ?? crypto.randomUUID();
    this.#unanswered.set(name, key);
    return key;
  }

  /** @param error What it ended with; undefined when it was done. */
  ended(wish: Wish, error?: unknown): void {
    if (isAnswered(error)) this.#unanswered.delete(nameOf(wish));
  }
}

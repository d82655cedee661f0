import { PAGE_ITEMS_DEFAULT } from '@civitas/console-contract';
import { ProblemError } from './problem-error.ts';

/** What a list request asks for. */
export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
}

/** A page of what is in memory, in the order of `keyOf`; the cursor names the last key shown, so that nothing is shown twice or left out. */
export function pageOf<T>(
  all: readonly T[],
  { limit = PAGE_ITEMS_DEFAULT, cursor }: PageQuery,
  keyOf: (item: T) => string,
): { items: T[]; next?: string } {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const sorted = all
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
  const rest = after === undefined ? sorted : sorted.filter(({ key }) => key > after);
  const last = rest[limit - 1];
  return {
    items: rest.slice(0, limit).map(({ item }) => item),
    ...(rest.length > limit && last !== undefined ? { next: encodeCursor(last.key) } : {}),
  };
}

export function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** @throws ProblemError MALFORMED for what is no cursor of ours. */
export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (key === '' || encodeCursor(key) !== cursor) throw new ProblemError('MALFORMED', 'cursor: take `next` of the page before');
  return key;
}

/** A cursor that is a whole number, as of heights and sequences. */
export function wholeCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const value = Number(decodeCursor(cursor));
  if (!Number.isSafeInteger(value) || value < 0) throw new ProblemError('MALFORMED', 'cursor: take `next` of the page before');
  return value;
}

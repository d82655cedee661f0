import { IdentityFault } from '../identity-fault.ts';
import { PAGE_ROWS, ROWS_MAX } from '../limits.ts';
import type { AdminRest } from './admin-rest.ts';
import { type Representation, representationsOf } from './representation.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Whether a text may stand in a path; what is no id of the provider's is no id at all. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/**
 * All rows of a list, page by page.
 *
 * @returns undefined where the provider knows no such thing.
 * @throws IdentityFault DIRECTORY_ANSWER for more than ROWS_MAX.
 */
export async function readPages(
  rest: AdminRest,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly Representation[] | undefined> {
  const rows: Representation[] = [];
  while (rows.length < ROWS_MAX) {
    const page = { ...query, first: String(rows.length), max: String(PAGE_ROWS) };
    const { status, body } = await rest.call({ method: 'GET', path, query: page });
    if (status === 404) return undefined;
    const read = representationsOf(body, path.split('/').at(-1) ?? '');
    rows.push(...read);
    if (read.length < PAGE_ROWS) return rows;
  }
  throw new IdentityFault('DIRECTORY_ANSWER', `more than ${ROWS_MAX} rows`);
}

/** What a cell holds: text, or a number that stays one. */
export type Cell = string | number;

/** A spreadsheet takes a cell that begins so for a formula, also in full width and behind white space. */
const FORMULA = /^\s*[=+\-@|%＝＋－＠]|^[\t\r\n]/u;
const NEEDS_QUOTES = /[",\r\n]/;

/** A cell as spreadsheets read it, and never carry out: what would be a formula stands behind an apostrophe. */
function cellText(cell: Cell): string {
  const text = typeof cell === 'number' ? String(cell) : FORMULA.test(cell) ? `'${cell}` : cell;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A table as CSV (RFC 4180) in UTF-8 with a byte order mark, without which spreadsheets take Chinese for another encoding.
 *
 * @param head Names of the columns.
 * @param rows Cells in the order of the names.
 */
export function csvOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map(cellText).join(','));
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

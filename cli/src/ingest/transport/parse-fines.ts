import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { Fault } from '../../fault.ts';
import type { Quarantined } from '../quarantine.ts';
import { ACTIVITIES, type Activity, type FineCase, type FineEvent } from './fine-event.ts';
import { createOccurrences, findBrokenLineIdentity, findRowIdentity, isCaseId } from './row-identity.ts';

type Row = Readonly<Record<string, string>>;
type Finding = Pick<Quarantined, 'reason' | 'message'> & { readonly column: string };

const COLUMNS_NEEDED = ['case:concept:name', 'concept:name', 'time:timestamp', 'amount', 'paymentAmount', 'article', 'expense'] as const;
const LINE_CHARS_MAX = 65_536;
const BYTE_ORDER_MARK = '\uFEFF';
const TIME = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
const MONEY = /^\d{1,9}(?:\.\d{1,2})?$/;
const ARTICLE = /^\d{1,4}$/;
const COUNT = /^\d{1,2}(?:\.0)?$/;
const SHORT_TEXT = /^[\p{L}\p{N} ._/-]{0,32}$/u;

function finding(column: string, reason: string, message: string): Finding {
  return { column, reason, message };
}

/** Decimal text to minor units, exactly: `35.5` is 3550. Undefined when it is not money with at most two decimals. */
export function parseMinor(text: string): number | undefined {
  if (!MONEY.test(text)) return undefined;
  const [whole = '0', fraction = ''] = text.split('.');
  return Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
}

function moneyOf(row: Row, column: string, needed: boolean): number | Finding | undefined {
  const text = row[column] ?? '';
  if (text === '') return needed ? finding(column, 'FIELD_MISSING', `${column} is empty`) : undefined;
  return parseMinor(text) ?? finding(column, 'MONEY_MALFORMED', `${column} is not an amount with at most two decimals`);
}

function isActivity(text: string): text is Activity {
  return ACTIVITIES.some((activity) => activity === text);
}

function timeOf(row: Row): { atUnixMs: number; day: string } | Finding {
  const text = row['time:timestamp'] ?? '';
  const atUnixMs = TIME.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(atUnixMs)) return finding('time:timestamp', 'TIME_MALFORMED', 'not a time of the form 2005-03-23 00:00:00+01:00');
  return { atUnixMs, day: text.slice(0, 10) };
}

function findTooLong(row: Row): Finding | undefined {
  const column = ['article', 'vehicleClass', 'org:resource', 'dismissal', 'notificationType', 'lastSent'].find(
    (name) => !SHORT_TEXT.test(row[name] ?? ''),
  );
  return column === undefined ? undefined : finding(column, 'TEXT_MALFORMED', `${column} is longer than 32 characters or has odd ones`);
}

function textField<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, string>> {
  const field: Partial<Record<Name, string>> = {};
  if (text !== undefined && text !== '') field[name] = text;
  return field;
}

type EventFields = Omit<FineEvent, 'file' | 'line' | 'occurrence'>;

/** Checks one row; the position is the caller's business. */
export function parseFineRow(row: Row): EventFields | Finding {
  const caseId = row['case:concept:name'] ?? '';
  const activity = row['concept:name'] ?? '';
  if (!isCaseId(caseId)) return finding('case:concept:name', 'CASE_MALFORMED', 'not a case id (1 … 32 letters, digits, _ and -)');
  if (!isActivity(activity)) return finding('concept:name', 'ACTIVITY_UNKNOWN', `one of ${ACTIVITIES.length} activities was expected`);
  const time = timeOf(row);
  if ('reason' in time) return time;
  const tooLong = findTooLong(row);
  if (tooLong !== undefined) return tooLong;
  const amount = moneyOf(row, 'amount', activity === 'Create Fine' || activity === 'Add penalty');
  const expense = moneyOf(row, 'expense', false);
  const payment = moneyOf(row, 'paymentAmount', activity === 'Payment');
  for (const money of [amount, expense, payment]) if (typeof money === 'object') return money;
  if (activity === 'Create Fine' && (row['article'] ?? '') === '') return finding('article', 'FIELD_MISSING', 'article is empty');
  const article = row['article']?.replace(/\.0$/, '') ?? '';
  if (article !== '' && !ARTICLE.test(article)) return finding('article', 'ARTICLE_MALFORMED', 'article is not a number');
  const points = row['points'] ?? '';
  if (points !== '' && !COUNT.test(points)) return finding('points', 'COUNT_MALFORMED', 'points is not a small number');
  return {
    caseId,
    activity,
    ...time,
    ...(typeof amount === 'number' ? { amountMinor: amount } : {}),
    ...(typeof expense === 'number' ? { expenseMinor: expense } : {}),
    ...(typeof payment === 'number' ? { paymentMinor: payment } : {}),
    ...(points === '' ? {} : { points: Number(points) }),
    ...textField('article', article),
    ...textField('vehicleClass', row['vehicleClass']),
    ...textField('officer', row['org:resource']),
    ...textField('dismissal', row['dismissal']),
    ...textField('notificationType', row['notificationType']),
    ...textField('lastSent', row['lastSent']),
  };
}

export interface ParsedFines {
  readonly cases: readonly FineCase[];
  readonly rowCount: number;
  readonly quarantined: readonly Quarantined[];
}

/** Groups rows by case, by time within a case; rows of one time keep their order in the file. */
function groupByCase(events: readonly FineEvent[]): FineCase[] {
  const cases = new Map<string, FineEvent[]>();
  for (const event of events) {
    const list = cases.get(event.caseId) ?? [];
    list.push(event);
    cases.set(event.caseId, list);
  }
  return [...cases].map(([caseId, list]) => ({ caseId, events: list.sort((left, right) => left.atUnixMs - right.atUnixMs) }));
}

/** Cells of one line; undefined when its quotes or its number of cells are wrong. */
function cellsOf(line: string, count?: number): readonly string[] | undefined {
  try {
    const [cells, ...more] = parse(line, { max_record_size: LINE_CHARS_MAX });
    return cells !== undefined && more.length === 0 && (count === undefined || cells.length === count) ? cells : undefined;
  } catch {
    return undefined;
  }
}

function checkHeader(file: string, line: string | undefined): readonly string[] {
  const header = cellsOf((line ?? '').replace(BYTE_ORDER_MARK, '')) ?? [];
  const missing = COLUMNS_NEEDED.filter((name) => !header.includes(name));
  if (missing.length > 0) throw new Fault('CSV_COLUMNS', `${file}: the header lacks ${missing.join(', ')}`);
  return header;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch (error) {
    throw new Fault('FILE_UNREADABLE', `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

type LineRead = { readonly event: FineEvent } | { readonly finding: Omit<Quarantined, 'file'> };

/** Reads the lines of one file in their order. */
function createLineReader(file: string, header: readonly string[]): (text: string, line: number) => LineRead {
  const takeOccurrence = createOccurrences();
  return (text, line) => {
    const cells = cellsOf(text, header.length);
    const row = cells && Object.fromEntries(header.map((name, column) => [name, cells[column] ?? '']));
    const identity = row === undefined ? findBrokenLineIdentity(header, text) : findRowIdentity(row);
    // Taken before the row is checked: a payment keeps its id when a bad row before it is corrected, or the ledger would count it twice.
    // A row whose case, activity or day cannot be told takes none, for nobody knows whose it would be.
    const occurrence = identity === undefined ? 0 : takeOccurrence(identity);
    if (row === undefined) {
      return { finding: { position: `line ${line}`, reason: 'CSV_BROKEN', message: `not a row of ${header.length} cells` } };
    }
    const parsed = parseFineRow(row);
    if (!('reason' in parsed)) return { event: { file, line, occurrence, ...parsed } };
    const { reason, message, column } = parsed;
    return { finding: { position: `line ${line}, column ${column}`, reason, message } };
  };
}

/**
 * Reads one CSV of the Road Traffic Fine Management log, a row a line. A bad row is quarantined alone with its line and column:
 * lines are read one by one, so that an open quote cannot swallow its neighbours.
 *
 * Every file numbers its rows from 0, also in a run of several: files may overlap, as exports of one log do, and a row that stands in two of
 * them is one event. Numbered on from file to file, its payment would count twice.
 *
 * @throws Fault FILE_UNREADABLE, or CSV_COLUMNS when the header lacks a column: then it is another kind of file.
 */
export function parseFines(file: string): ParsedFines {
  const [first, ...lines] = readLines(file);
  const readLine = createLineReader(file, checkHeader(file, first));
  const quarantined: Quarantined[] = [];
  const events: FineEvent[] = [];
  lines.forEach((text, index) => {
    if (text.trim() === '') return;
    const read = readLine(text, index + 2);
    if ('event' in read) events.push(read.event);
    else quarantined.push({ file, ...read.finding });
  });
  return { cases: groupByCase(events), rowCount: events.length + quarantined.length, quarantined };
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc } from '@civitas/testkit/properties';
import { temporaryFolder } from '@civitas/testkit/temporary-folder';
import { expect, test } from '@jest/globals';
import { FINE_COLUMNS, generateFineCases } from '../../samples/fine-cases.ts';
import { eventIdOf, fineOperationOf } from './fine-operation.ts';
import { parseFineRow, parseFines, parseMinor } from './parse-fines.ts';

const KEY = new Uint8Array(32).fill(3);
const ROW = {
  'case:concept:name': 'A1',
  'concept:name': 'Create Fine',
  'time:timestamp': '2005-03-23 00:00:00+01:00',
  amount: '35.0',
  article: '157.0',
};

function aFile(text: string): string {
  const file = join(temporaryFolder('fines'), 'fines.csv');
  writeFileSync(file, text);
  return file;
}

test('generated cases parse without a finding', () => {
  const parsed = parseFines(aFile(generateFineCases({ seed: 5, count: 50 })));
  expect(parsed.quarantined).toEqual([]);
  expect(parsed.cases).toHaveLength(50);
});

test('money is exact: two decimals at most, no floats in between', () => {
  expect(parseMinor('35.5')).toBe(3550);
  expect(parseMinor('286.07')).toBe(28_607);
  for (const bad of ['', '-1', '1.234', '1e3', '1,5', ' 1']) expect(parseMinor(bad)).toBeUndefined();
  fc.assert(fc.property(fc.nat(99_999_999), (minor) => parseMinor((minor / 100).toFixed(2)) === minor));
});

test.each([
  [{ 'case:concept:name': '' }, 'CASE_MALFORMED'],
  [{ 'concept:name': 'Steal Car' }, 'ACTIVITY_UNKNOWN'],
  [{ 'time:timestamp': 'yesterday' }, 'TIME_MALFORMED'],
  [{ amount: '' }, 'FIELD_MISSING'],
  [{ amount: '3.141' }, 'MONEY_MALFORMED'],
  [{ article: 'x' }, 'ARTICLE_MALFORMED'],
  [{ points: '1000' }, 'COUNT_MALFORMED'],
  [{ vehicleClass: 'A'.repeat(40) }, 'TEXT_MALFORMED'],
])('a row with %j is quarantined with %s', (change, reason) => {
  expect(parseFineRow({ ...ROW, ...change })).toMatchObject({ reason });
});

test('a bad row is quarantined alone, with line and column', () => {
  const lines = generateFineCases({ seed: 5, count: 2 }).split('\n');
  const cells = (lines[1] ?? '').split(',');
  cells[FINE_COLUMNS.indexOf('amount')] = 'much';
  const parsed = parseFines(aFile([lines[0], cells.join(','), ...lines.slice(2)].join('\n')));
  expect(parsed.quarantined).toMatchObject([{ position: 'line 2, column amount', reason: 'MONEY_MALFORMED' }]);
});

test('a row that is no CSV does not take its neighbours with it', () => {
  const [header = '', first = '', ...rest] = generateFineCases({ seed: 5, count: 3 }).trimEnd().split('\n');
  const parsed = parseFines(aFile([header, first, '"open" quote,1,2', '1,2', ...rest].join('\n')));
  expect(parsed.quarantined.map(({ reason }) => reason)).toEqual(['CSV_BROKEN', 'CSV_BROKEN']);
  expect(parsed.cases).toHaveLength(3);
});

test('another kind of file is refused whole', () => {
  expect(() => parseFines(aFile('a,b\n1,2\n'))).toThrow(/header lacks/);
  expect(() => parseFines('/nowhere/at/all.csv')).toThrow(/cannot be read/);
});

test('an event has the same id whatever file it stands in, and two payments of one day differ', () => {
  const event = { caseId: 'A1', activity: 'Payment', day: '2005-03-23', occurrence: 0 } as const;
  expect(eventIdOf(KEY, event)).toBe(eventIdOf(KEY, { ...event }));
  expect(eventIdOf(KEY, { ...event, occurrence: 1 })).not.toBe(eventIdOf(KEY, event));
});

const HEADER = 'case:concept:name,concept:name,time:timestamp,amount,paymentAmount,article,expense';
const CREATED = 'A1,Create Fine,2010-01-01 00:00:00+01:00,60.0,,157,';

function paymentRow(amount: string, hour = '00:00:00+01:00'): string {
  return `A1,Payment,2010-01-02 ${hour},,${amount},,`;
}

/** The payments of a file, as amount and event id. */
function paymentsOf(rows: readonly string[]): string[] {
  const events = parseFines(aFile([HEADER, CREATED, ...rows].join('\n'))).cases.flatMap((one) => one.events);
  return events.filter(({ activity }) => activity === 'Payment').map((event) => `${event.paymentMinor} ${eventIdOf(KEY, event)}`);
}

test('the payments of a clean file have the ids they always had', () => {
  expect(paymentsOf([paymentRow('15.0'), paymentRow('20.0')])).toEqual(['1500 ZgqZgD78yS8DRaedTG5p2w', '2000 YZvWqgHfxlbZciAfFRAwjA']);
});

test.each([
  ['an amount that is none', paymentRow('15;0')],
  ['no amount', paymentRow('')],
  ['a decimal comma, which makes a cell more', paymentRow('15,0')],
  ['an open quote', paymentRow('"15.0')],
  ['a cell too few', paymentRow('15.0').slice(0, -1)],
  ['a broken time of day', paymentRow('15.0', 'noon')],
  ['an activity in small letters', paymentRow('15.0').replace('Payment', ' payment')],
])('a payment keeps its id when the one before it, with %s, is corrected', (_what, bad) => {
  const [, second] = paymentsOf([paymentRow('15.0'), paymentRow('20.0')]);
  expect(paymentsOf([bad, paymentRow('20.0')])).toEqual([second]);
});

test('whichever rows are bad, the others keep the ids of the corrected file', () => {
  const spoil = fc.constantFrom('', '1;5', '1,5', '1.234', '"1', '1,"5');
  const payments = fc.array(fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.option(spoil)), { maxLength: 8 });
  fc.assert(
    fc.property(payments, (rows) => {
      const clean = paymentsOf(rows.map(([minor]) => paymentRow((minor / 100).toFixed(2))));
      const left = paymentsOf(rows.map(([minor, bad]) => paymentRow(bad ?? (minor / 100).toFixed(2))));
      expect(left).toEqual(clean.filter((_, index) => rows[index]?.[1] === null));
    }),
  );
});

test('a stray comma is found wherever it stands in the columns of the log', () => {
  const [header = '', ...rows] = generateFineCases({ seed: 5, count: 40 }).trimEnd().split('\n');
  const [paid = ''] = rows.filter((row) => row.includes(',Payment,'));
  const second = (lines: string[]) => parseFines(aFile([header, ...lines].join('\n'))).cases[0]?.events.at(-1)?.occurrence;
  expect(second([paid, paid])).toBe(1);
  for (const name of ['amount', 'article', 'expense', 'paymentAmount', 'totalPaymentAmount'] as const) {
    const column = FINE_COLUMNS.indexOf(name);
    expect(second([paid.split(',').with(column, '1,5').join(','), paid])).toBe(1);
  }
});

test('a row whose case, activity or day cannot be told moves no other', () => {
  const [first] = paymentsOf([paymentRow('20.0')]);
  for (const bad of [paymentRow('15.0').replace('A1', 'A 1'), 'A1,Payment,02/01/2010,,15.0,,', 'A1,Pay,2010-01-02,,15.0,,', 'A1', '"']) {
    expect(paymentsOf([bad, paymentRow('20.0')])).toEqual([first]);
  }
});

test('events become the operations of the fine contract, payments by the bank', () => {
  const frame = { file: 'f', line: 2, caseId: 'A1', occurrence: 0, atUnixMs: 1_000, day: '1970-01-01' };
  const created = fineOperationOf(KEY, { ...frame, activity: 'Create Fine', amountMinor: 3500, article: '157' });
  const paid = fineOperationOf(KEY, { ...frame, activity: 'Payment', paymentMinor: 3500 });
  expect(created.call).toMatchObject({ method: 'create', role: 'police', args: { amountFen: 3500, article: 157, violation: null } });
  expect(paid).toMatchObject({ party: 'bank', call: { method: 'pay', role: 'bank', args: { amountFen: 3500, channel: 'counter' } } });
  expect(paid.call.args['fine']).toBe(created.call.args['id']);
});

import { describe, expect, test } from '@jest/globals';
import { csvOf } from './csv.ts';

const cellIn = (cell: string): string =>
  csvOf(['name'], [[cell]])
    .split('\r\n')
    .slice(1)
    .join('\r\n')
    .slice(0, -2);

describe('a table as CSV', () => {
  test('is in UTF-8 with a mark, a line a row, and numbers that stay numbers', () => {
    expect(
      csvOf(
        ['height', 'name'],
        [
          [7, '锦城'],
          [-1, 'b'],
        ],
      ),
    ).toBe('\uFEFFheight,name\r\n7,锦城\r\n-1,b\r\n');
  });

  test('quotes what would end a cell', () => {
    expect(cellIn('a,b')).toBe('"a,b"');
    expect(cellIn('say "yes"')).toBe('"say ""yes"""');
    expect(cellIn('two\r\nlines')).toBe('"two\r\nlines"');
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1', '|cmd', '%x', '＝1', '＋1', '－1', '＠x', '\n=1'])(
    'carries out no formula: %j',
    (cell) => {
      expect(cellIn(cell).replace(/^"/, '').startsWith("'")).toBe(true);
    },
  );

  test.each(['health-1', 'a=b', '2026-11-21T00:00:00Z', '', 'court-1'])('leaves %j as it is', (cell) => {
    expect(cellIn(cell)).toBe(cell);
  });
});

import { expect, test } from '@jest/globals';
import { RecordCopy } from './record-copy.ts';

/** Records by number, counting what is asked for. */
function aStore(numbers: readonly number[]) {
  const records = new Map(numbers.map((number) => [number, Buffer.from(String(number))]));
  const asked: number[] = [];
  const stored = {
    read: (number: number): Buffer | undefined => {
      asked.push(number);
      return records.get(number);
    },
    from: (number: number): number | undefined => [...records.keys()].sort((left, right) => left - right).find((at) => at >= number),
  };
  return { records, asked, stored };
}

const FAR = 1_000_000;

test('numbers whose records are gone are not asked for one by one, and what went meanwhile is not passed over', () => {
  const { records, asked, stored } = aStore([3, 70, FAR - 1, FAR]);
  const copy = new RecordCopy(stored, { first: 1, end: FAR }, () => undefined);
  const read: string[] = [];
  for (const { bytes } of copy.records()) {
    read.push(bytes.toString());
    if (read.length > 1) continue;
    for (const number of [3, 70, 500_000, FAR]) copy.changing(number, () => records.get(number));
    records.delete(70);
  }
  expect(read).toEqual(['3', '70', String(FAR - 1)]);
  expect(asked).toEqual([1, 3, 4, 71, FAR - 1]);
});

test('a ledger whose last records are gone ends where the copy was made', () => {
  const { asked, stored } = aStore([]);
  expect([...new RecordCopy(stored, { first: 1, end: FAR }, () => undefined).records()]).toEqual([]);
  expect(asked).toEqual([1]);
});

import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { addWorkingDays, dayNumberOf, isWorkingDay } from './working-day.ts';

const NONE = { holidays: [], workdays: [] };
/** 2026-03-06 is a Friday; noon in China. */
const FRIDAY_NOON = Date.UTC(2026, 2, 6, 4);

test('three working days from a Friday end with Wednesday', () => {
  expect(new Date(addWorkingDays(FRIDAY_NOON, 3, NONE)).toISOString()).toBe('2026-03-11T16:00:00.000Z');
});

test('a holiday moves the end on, a worked Saturday brings it back', () => {
  const monday = dayNumberOf(Date.UTC(2026, 2, 9, 4));
  const saturday = dayNumberOf(Date.UTC(2026, 2, 7, 4));

  expect(new Date(addWorkingDays(FRIDAY_NOON, 3, { holidays: [monday], workdays: [] })).toISOString()).toBe('2026-03-12T16:00:00.000Z');
  expect(new Date(addWorkingDays(FRIDAY_NOON, 3, { holidays: [], workdays: [saturday] })).toISOString()).toBe('2026-03-10T16:00:00.000Z');
});

test('the end is after exactly that many working days, whatever the calendar', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 20 }),
      (fromUnixMs, count, offsets) => {
        const from = dayNumberOf(fromUnixMs);
        const calendar = { holidays: offsets.map((offset) => from + offset), workdays: [] };
        const end = dayNumberOf(addWorkingDays(fromUnixMs, count, calendar) - 1);
        const days = Array.from({ length: end - from }, (_, at) => from + 1 + at);

        expect(days.filter((day) => isWorkingDay(day, calendar))).toHaveLength(count);
      },
    ),
    { seed: 1 },
  );
});

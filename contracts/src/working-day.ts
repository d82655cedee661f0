import type { Static } from '@sinclair/typebox';
import { fields, integer, listOf } from './schema.ts';

const DAY_MS = 86_400_000;
/** China Standard Time, UTC+8 without summer time. */
const OFFSET_MS = 8 * 3_600_000;
/** Days the search may cross: the longest holiday run is far below. */
const SEARCH_DAYS_MAX = 400;

/** Day numbers since 1970-01-01 (China time) that differ from Monday-to-Friday. */
export const CalendarSchema = fields({
  holidays: listOf(integer(0, 100_000), 200),
  /** Weekend days that are worked in exchange. */
  workdays: listOf(integer(0, 100_000), 200),
});
export type Calendar = Static<typeof CalendarSchema>;

/** Day number since 1970-01-01 in China time. */
export function dayNumberOf(unixMs: number): number {
  return Math.floor((unixMs + OFFSET_MS) / DAY_MS);
}

export function isWorkingDay(day: number, calendar: Calendar): boolean {
  if (calendar.holidays.includes(day)) return false;
  if (calendar.workdays.includes(day)) return true;
  // 1970-01-01 was a Thursday; 0 = Monday.
  return (day + 3) % 7 < 5;
}

/**
 * End of the last of `count` working days after the day of `fromUnixMs`.
 *
 * @param count 1 … 100 working days.
 * @returns unix ms of the following midnight in China time: due strictly before it.
 */
export function addWorkingDays(fromUnixMs: number, count: number, calendar: Calendar): number {
  let day = dayNumberOf(fromUnixMs);
  let left = count;
  for (let searched = 0; left > 0 && searched < SEARCH_DAYS_MAX; searched++) {
    day += 1;
    if (isWorkingDay(day, calendar)) left -= 1;
  }
  return (day + 1) * DAY_MS - OFFSET_MS;
}

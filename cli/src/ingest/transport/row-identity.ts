import { ACTIVITIES, type Activity, type FineEvent } from './fine-event.ts';

/** What names a row in the log, but for which one of its day it is. */
export type RowIdentity = Pick<FineEvent, 'caseId' | 'activity' | 'day'>;

const COLUMNS = { caseId: 'case:concept:name', activity: 'concept:name', time: 'time:timestamp' } as const;
const CASE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const DAY = /^\d{4}-\d{2}-\d{2}(?!\d)/;

export function isCaseId(text: string): boolean {
  return CASE_ID.test(text);
}

function findActivity(text: string): Activity | undefined {
  return ACTIVITIES.find((activity) => activity.toLowerCase() === text.toLowerCase());
}

/** Laxer than the checks of a row: what can be read of a bad one is most likely what it will say once corrected. */
function findIdentity(cellOf: (column: string) => string | undefined): RowIdentity | undefined {
  const [caseId, activityText, time] = [COLUMNS.caseId, COLUMNS.activity, COLUMNS.time].map((column) => (cellOf(column) ?? '').trim());
  const activity = findActivity(activityText ?? '');
  const day = DAY.exec(time ?? '')?.[0];
  if (caseId === undefined || !isCaseId(caseId) || activity === undefined || day === undefined) return undefined;
  return { caseId, activity, day };
}

/** Undefined when case, activity or day cannot be told. */
export function findRowIdentity(row: Readonly<Record<string, string>>): RowIdentity | undefined {
  return findIdentity((column) => row[column]);
}

/**
 * The identity of a line that is no row of the header's cells. One stray comma or quote (`15,0`) leaves the cells before it where they were,
 * counted from the left, and those after it, counted from the right: the break is tried before, between and after the three that matter.
 */
export function findBrokenLineIdentity(header: readonly string[], line: string): RowIdentity | undefined {
  const cells = line.split(',').map((cell) => cell.trim().replace(/^"|"$/g, ''));
  const indexes = Object.values(COLUMNS).map((column) => header.lastIndexOf(column));
  for (const breakIndex of [...indexes, header.length]) {
    const found = findIdentity((column) => {
      const index = header.lastIndexOf(column);
      return index < breakIndex ? cells[index] : cells.at(index - header.length);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Numbers the rows of one file: 0 for the first of its case, activity and day, 1 for the next. */
export function createOccurrences(): (identity: RowIdentity) => number {
  const seen = new Map<string, number>();
  return ({ caseId, activity, day }) => {
    const key = `${caseId}\n${activity}\n${day}`;
    const occurrence = seen.get(key) ?? 0;
    seen.set(key, occurrence + 1);
    return occurrence;
  };
}

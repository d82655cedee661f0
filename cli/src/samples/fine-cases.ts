import type { SampleOptions } from './patients.ts';
import { type Random, seededRandom } from './random.ts';

/** Columns of the Road Traffic Fine Management log, which `civitas ingest transport` reads. */
export const FINE_COLUMNS = [
  'amount',
  'article',
  'case:concept:name',
  'concept:name',
  'dismissal',
  'expense',
  'lastSent',
  'lifecycle:transition',
  'notificationType',
  'org:resource',
  'paymentAmount',
  'points',
  'time:timestamp',
  'totalPaymentAmount',
  'vehicleClass',
] as const;

type FineRow = Partial<Record<(typeof FINE_COLUMNS)[number], string>>;

const DAY_MS = 86_400_000;
const FIRST_DAY_UNIX_MS = Date.UTC(2024, 0, 8);

interface Draft {
  readonly caseId: string;
  readonly rows: FineRow[];
  dayUnixMs: number;
}

function yuan(fen: number): string {
  return (fen / 100).toFixed(2);
}

function add(draft: Draft, activity: string, daysLater: number, fields: FineRow = {}): void {
  draft.dayUnixMs += daysLater * DAY_MS;
  const time = `${new Date(draft.dayUnixMs).toISOString().slice(0, 10)} 00:00:00+00:00`;
  draft.rows.push({
    'case:concept:name': draft.caseId,
    'concept:name': activity,
    'lifecycle:transition': 'complete',
    'time:timestamp': time,
    ...fields,
  });
}

function pay(draft: Draft, fen: number, daysLater: number): void {
  add(draft, 'Payment', daysLater, { paymentAmount: yuan(fen), totalPaymentAmount: yuan(fen) });
}

/** To the judge, where the case leaves the log, or to the prefecture. */
function addAppeal(draft: Draft, random: Random): 'judge' | 'prefecture' {
  if (random.oneIn(2)) {
    add(draft, 'Appeal to Judge', random.between(5, 30));
    return 'judge';
  }
  add(draft, 'Insert Date Appeal to Prefecture', random.between(5, 30));
  add(draft, 'Send Appeal to Prefecture', random.between(3, 20), { dismissal: 'NIL' });
  add(draft, 'Receive Result Appeal from Prefecture', random.between(20, 60));
  add(draft, 'Notify Result Appeal to Offender', random.between(2, 9));
  return 'prefecture';
}

function caseRows(random: Random, caseId: string): FineRow[] {
  const draft: Draft = {
    caseId,
    rows: [],
    dayUnixMs: FIRST_DAY_UNIX_MS + random.below(300) * DAY_MS,
  };
  const fineFen = random.pick([5_000, 10_000, 15_000, 20_000] as const);
  const expenseFen = random.pick([1_100, 1_350] as const);
  const created = { amount: yuan(fineFen), article: random.pick(['157', '7', '158', '142'] as const), dismissal: 'NIL', points: '0' };
  add(draft, 'Create Fine', 0, {
    ...created,
    'org:resource': String(random.between(500, 560)),
    totalPaymentAmount: '0.0',
    vehicleClass: 'A',
  });
  if (random.oneIn(4)) {
    pay(draft, fineFen, random.between(1, 10));
    return draft.rows;
  }
  add(draft, 'Send Fine', random.between(20, 90), { expense: yuan(expenseFen) });
  if (random.oneIn(5)) return draft.rows;
  add(draft, 'Insert Fine Notification', random.between(5, 20), { lastSent: 'N', notificationType: 'P' });
  if (random.oneIn(6) && addAppeal(draft, random) === 'judge') return draft.rows;
  const dueFen = fineFen * 2;
  add(draft, 'Add penalty', 60, { amount: yuan(dueFen) });
  if (random.oneIn(2)) pay(draft, dueFen + expenseFen, random.between(1, 60));
  else add(draft, 'Send for Credit Collection', random.between(200, 400));
  return draft.rows;
}

/** Invented fine cases as CSV in the log's columns, header first; amounts in yuan with two decimals. */
export function generateFineCases({ seed, count }: SampleOptions): string {
  const random = seededRandom(seed);
  const lines = [FINE_COLUMNS.join(',')];
  for (let index = 0; index < count; index++) {
    for (const row of caseRows(random, `J${seed}-${String(index + 1).padStart(5, '0')}`))
      lines.push(FINE_COLUMNS.map((column) => row[column] ?? '').join(','));
  }
  return `${lines.join('\n')}\n`;
}

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { JsonObject } from '@civitas/canon';
import { describe, expect, test } from '@jest/globals';
import { BY, Flows } from './flows.ts';

const FOLDER = process.env['CIVITAS_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname;
const FILE = `${FOLDER}/transport/road-traffic-fines-100-cases.csv`;
const there = existsSync(FILE);
if (!there) process.stderr.write(`SKIPPED: the hundred real cases, no ${FILE}; set CIVITAS_DATA\n`);

type Row = Readonly<Record<string, string>>;

function rows(): readonly Row[] {
  const [head = '', ...lines] = readFileSync(FILE, 'utf8').trim().split('\n');
  const names = head.trim().split(',');
  return lines.map((line) =>
    Object.fromEntries(
      line
        .trim()
        .split(',')
        .map((value, at) => [names[at] ?? '', value]),
    ),
  );
}

function idOf(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

const fen = (text: string | undefined): number => Math.round(Number(text) * 100);

const STEPS: Readonly<Record<string, (row: Row, id: string) => readonly [method: string, args: JsonObject]>> = {
  'Send Fine': (row) => ['send', { expenseFen: fen(row['expense']) }],
  'Insert Fine Notification': (row) => [
    'notify',
    { notificationType: row['notificationType'] ?? '', lastSent: row['lastSent'] === '' ? null : (row['lastSent'] ?? null) },
  ],
  'Add penalty': (row) => ['addPenalty', { amountFen: fen(row['amount']) }],
  Payment: (row, id) => ['pay', { amountFen: fen(row['paymentAmount']), channel: 'counter', paymentReference: `p${id}` }],
  'Insert Date Appeal to Prefecture': () => ['insertAppeal', {}],
  'Send Appeal to Prefecture': () => ['sendAppeal', {}],
  'Receive Result Appeal from Prefecture': () => ['receiveAppealResult', {}],
  'Notify Result Appeal to Offender': () => ['notifyAppealResult', {}],
  'Appeal to Judge': () => ['appealToJudge', { evidence: null }],
  'Send for Credit Collection': () => ['sendToCollection', {}],
};

function ingest(flows: Flows): { readonly refused: readonly string[]; readonly unchangedCount: number } {
  const refused: string[] = [];
  let unchangedCount = 0;
  for (const [at, row] of rows().entries()) {
    const name = row['case:concept:name'] ?? '';
    const activity = row['concept:name'] ?? '';
    const fine = idOf(`case ${name}`);
    const onUnixMs = Date.parse((row['time:timestamp'] ?? '').replace(' ', 'T'));
    const eventId = idOf(JSON.stringify(row));
    const [method, args] =
      activity === 'Create Fine'
        ? (['create', createArgs(row, fine, onUnixMs)] as const)
        : stepOf(activity, row, { fine, eventId, onUnixMs });
    const outcome = flows.call(`transport.fine ${method}`, { by: BY.police, args });
    if (!outcome.ok) refused.push(`row ${at + 2} ${name} ${activity}: ${JSON.stringify(outcome.refusal)}`);
    else if ((outcome.result as JsonObject)['unchanged'] === true) unchangedCount += 1;
  }
  return { refused, unchangedCount };
}

function createArgs(row: Row, id: string, onUnixMs: number): JsonObject {
  return {
    id,
    violation: null,
    officer: `officer-${row['org:resource']}`,
    amountFen: fen(row['amount']),
    article: Number(row['article']),
    vehicleClass: row['vehicleClass'] ?? '',
    points: Number(row['points']),
    dismissal: row['dismissal'] ?? null,
    onUnixMs,
  };
}

function stepOf(activity: string, row: Row, step: { fine: string; eventId: string; onUnixMs: number }): readonly [string, JsonObject] {
  const made = STEPS[activity]?.(row, step.eventId);
  if (made === undefined) throw new Error(`unknown activity ${activity}`);
  return [made[0], { ...step, ...made[1] }];
}

(there ? describe : describe.skip)('the hundred real cases of the road traffic fine log', () => {
  test('all go in, and once more without doubling anything', () => {
    const flows = new Flows().setUp();
    const first = ingest(flows);
    flows.city.relay();
    const before = flows.city.ledger('transport').outbox.length;
    const second = ingest(flows);
    flows.city.relay();

    expect(first.refused).toEqual([]);
    expect(second).toEqual({ refused: [], unchangedCount: rows().length });
    expect(flows.city.ledger('transport').outbox.length).toBe(before);
    const fines = flows.city
      .ledger('transport')
      .state.keys()
      .filter((key) => key.startsWith('transport.fine/fines/'));
    expect(fines).toHaveLength(100);
    const receipts = flows.city
      .ledger('city')
      .state.keys()
      .filter((key) => key.startsWith('city.fiscal-receipt/receipts/'));
    const paid = fines.filter((key) => flows.record('transport', key)['status'] === 'paid');
    expect(receipts).toHaveLength(paid.length);
  });
});

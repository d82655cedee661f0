import type { AuditEntry } from '@civitas/console-contract';
import { openLogger } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import { Idempotency } from '../http/idempotency.ts';
import { ProblemError } from '../http/problem-error.ts';
import { aPerson } from '../testing/test-console.ts';
import { type AuditLog, AuditUnavailable } from './audit-log.ts';
import { audited, type Deed } from './audited.ts';

const deed: Deed = { principal: aPerson(), action: 'createAgency', agency: 'hospital-1', resource: 'Agency/school-1' };

/** A log that takes so many entries and then no more, and what became of them. */
function aFullDisk(entriesMax: number) {
  const stages: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const append: AuditLog['append'] = async (facts) => {
    if (stages.length === entriesMax) throw new AuditUnavailable('ENOSPC: no space left on device');
    stages.push(facts.stage);
    return { ...facts, sequence: stages.length, at: '', previous: '', hash: `h${stages.length}` } satisfies AuditEntry;
  };
  const audit: AuditLog = { append, list: async () => [], problem: () => undefined, close: async () => {} };
  const log = openLogger({}, 'error', (line) => lines.push(JSON.parse(line)));
  return { audit, log, stages, lines };
}

test('what was asked is written before it is done, and what became of it afterwards', async () => {
  const { stages, lines, ...context } = aFullDisk(9);
  expect(await audited(context, deed, async () => [...stages])).toEqual(['asked']);
  expect(stages).toEqual(['asked', 'done']);
  await expect(audited(context, deed, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(stages).toEqual(['asked', 'done', 'asked', 'failed']);
  expect(lines).toEqual([]);
});

test('nothing is done while what is asked cannot be written', async () => {
  let acts = 0;
  const doing = audited(aFullDisk(0), deed, async () => ++acts);
  await expect(doing).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  expect(acts).toBe(0);
});

test('what took effect is answered as done when that cannot be written any more, and a repetition does not do it again', async () => {
  const { stages, lines, ...context } = aFullDisk(1);
  const idempotency = new Idempotency(() => 0);
  let acts = 0;
  const key = { sub: 'person-1', header: 'k', request: 'r' };
  const ask = () => idempotency.once(key, () => audited(context, deed, async () => ++acts));
  expect([await ask(), await ask()]).toEqual([1, 1]);
  expect(stages).toEqual(['asked']);
  expect(lines).toMatchObject([
    { event: 'audit-end-lost', level: 'error', sequence: 1, stage: 'done', error: expect.stringMatching(/ENOSPC/) },
  ]);
});

test('why something failed is answered also when that cannot be written any more', async () => {
  const { lines, ...context } = aFullDisk(1);
  const refused = new ProblemError('LEDGER_REFUSED', 'the ledger: NOT_AUTHORISED', { reason: 'NOT_AUTHORISED' });
  await expect(audited(context, deed, () => Promise.reject(refused))).rejects.toBe(refused);
  expect(lines).toMatchObject([{ event: 'audit-end-lost', sequence: 1, stage: 'failed' }]);
});

import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry } from '@civitas/console-contract';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AuditFacts, AuditUnavailable, auditHashOf, openAuditLog } from './audit-log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-audit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const facts = (resource: string): AuditFacts => ({
  sub: 's',
  name: '王',
  agency: 'hospital-1',
  action: 'createAgency',
  resource,
  stage: 'asked',
  of: 0,
  facts: { a: 1 },
});
const all = { before: 0, limit: 100, wanted: () => true };
const pathOf = (): string => join(folder, 'audit.jsonl');
const open = () => openAuditLog(pathOf(), () => 1_700_000_000_000);

async function write(count: number): Promise<void> {
  const log = await open();
  for (let index = 0; index < count; index++) await log.append(facts(`r-${index}`));
  await log.close();
}

describe('the audit log', () => {
  test('chains every entry to the one before, also those written at once, and goes on after a restart', async () => {
    const first = await open();
    await Promise.all([first.append(facts('a')), first.append(facts('b')), first.append(facts('c'))]);
    await first.close();
    const log = await open();
    await log.append(facts('d'));
    const entries = [...(await log.list(all))].reverse();
    expect(entries.map(({ sequence, resource }) => `${sequence} ${resource}`)).toEqual(['1 a', '2 b', '3 c', '4 d']);
    entries.forEach((entry, index) => {
      const { hash, ...rest } = entry;
      expect(auditHashOf(rest)).toBe(hash);
      expect(entry.previous).toBe(index === 0 ? '0'.repeat(64) : entries[index - 1]?.hash);
    });
    await log.close();
  });

  test('pages from the newest down and shows only what is wanted', async () => {
    await write(5);
    const log = await open();
    const odd = ({ sequence }: AuditEntry): boolean => sequence % 2 === 1;
    expect((await log.list({ before: 5, limit: 1, wanted: odd })).map(({ sequence }) => sequence)).toEqual([3]);
    expect((await log.list({ before: 1, limit: 9, wanted: odd })).length).toBe(0);
    await log.close();
  });

  test('cuts off a last line that a crash cut short', async () => {
    await write(2);
    appendFileSync(pathOf(), '{"sequence":3,"sub');
    const log = await open();
    expect(log.problem()).toBeUndefined();
    expect((await log.append(facts('next'))).sequence).toBe(3);
    await log.close();
    const again = await open();
    expect(again.problem()).toBeUndefined();
    await again.close();
  });

  test.each([
    ['a changed entry', (text: string) => text.replace('r-1', 'r-9')],
    [
      'a missing entry',
      (text: string) =>
        text
          .split('\n')
          .filter((_, line) => line !== 1)
          .join('\n'),
    ],
    ['entries in another order', (text: string) => text.split('\n').slice(0, 3).reverse().concat('').join('\n')],
    ['a line that is no entry', (text: string) => `${text}null\n`],
  ])('takes nothing more over %s', async (_, change) => {
    await write(3);
    writeFileSync(pathOf(), change(readFileSync(pathOf(), 'utf8')));
    const log = await open();
    expect(log.problem()).toContain('the chain does not hold');
    await expect(log.append(facts('x'))).rejects.toBeInstanceOf(AuditUnavailable);
    await log.close();
  });

  test('takes nothing more once a write has failed', async () => {
    const log = await open();
    await log.close();
    await expect(log.append(facts('x'))).rejects.toBeInstanceOf(AuditUnavailable);
    expect(log.problem()).toBeDefined();
  });

  test('refuses a line that is longer than any it writes', async () => {
    writeFileSync(pathOf(), 'x'.repeat(1_048_577));
    const log = await open();
    expect(log.problem()).toContain('longer than');
    await log.close();
  });
});

import type { AuditEntry } from '@civitas/console-contract';
import { expect, test } from '@jest/globals';
import type { ListOptions } from '../audit/audit-log.ts';
import { KnownCases } from './known-cases.ts';
import { CASES_KNOWN_MAX } from './limits.ts';

/** A log in memory, as the file's lists it. */
function aLog() {
  const entries: AuditEntry[] = [];
  const asked: number[] = [];
  return {
    asked,
    add(action: string, resource: string, stage: AuditEntry['stage'] = 'done'): void {
      const sequence = entries.length + 1;
      const rest = { sub: 's', name: 'n', agency: 'a', of: 0, facts: {}, previous: '', hash: '' };
      entries.push({ ...rest, sequence, at: `t${sequence}`, action, resource, stage });
    },
    async list({ before, after = 0, limit, wanted }: ListOptions): Promise<readonly AuditEntry[]> {
      asked.push(after);
      return entries
        .filter(({ sequence }) => sequence > after && (before === 0 || sequence < before))
        .reverse()
        .filter(wanted)
        .slice(0, limit);
    },
  };
}
const idsOf = async (known: KnownCases): Promise<string[]> => (await known.list()).map(({ network, id }) => `${network} ${id}`);

test('a case is known from what was done about it here, the newest first, and each time only what is new is read', async () => {
  const log = aLog();
  log.add('submitCase', 'Case/transport/one');
  log.add('submitCase', 'Case/housing/two');
  log.add('submitCase', 'Case/housing/asked-only', 'asked');
  log.add('submitCase', 'Case/housing/failed', 'failed');
  log.add('createAgency', 'Agency/x');
  const known = new KnownCases(log);
  expect(await idsOf(known)).toEqual(['housing two', 'transport one']);
  log.add('takeCaseStep', 'Case/transport/one');
  expect(await known.list()).toEqual([
    { network: 'transport', id: 'one', movedAt: 't6' },
    { network: 'housing', id: 'two', movedAt: 't2' },
  ]);
  await known.list();
  expect(log.asked).toEqual([0, 5, 6]);
});

test('a case that is over is forgotten until somebody does something about it', async () => {
  const log = aLog();
  log.add('submitCase', 'Case/transport/one');
  const known = new KnownCases(log);
  await known.list();
  known.forget({ network: 'transport', id: 'one' });
  expect(await idsOf(known)).toEqual([]);
  log.add('takeCaseStep', 'Case/transport/one');
  expect(await idsOf(known)).toEqual(['transport one']);
});

test(`no more than ${CASES_KNOWN_MAX} are remembered: the newest`, async () => {
  const log = aLog();
  for (let index = 0; index <= CASES_KNOWN_MAX; index++) log.add('submitCase', `Case/transport/${index}`);
  const ids = await idsOf(new KnownCases(log));
  expect(ids).toHaveLength(CASES_KNOWN_MAX);
  expect(ids.at(-1)).toBe('transport 1');
});

test('a log that could not be read is read again', async () => {
  const log = aLog();
  log.add('submitCase', 'Case/transport/one');
  let fails = true;
  const known = new KnownCases({
    list: (options) => {
      if (!fails) return log.list(options);
      fails = false;
      return Promise.reject(new Error('disk'));
    },
  });
  await expect(known.list()).rejects.toThrow('disk');
  expect(await idsOf(known)).toEqual(['transport one']);
});

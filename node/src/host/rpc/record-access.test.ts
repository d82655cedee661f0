import { allContracts } from '@civitas/contracts';
import { expect, test } from '@jest/globals';
import { STATE_KEY_BYTES_MAX } from './limits.ts';
import { checkRecordAccess, mayHearEvents } from './record-access.ts';

const codeOf = (key: string, roles: readonly string[]): string => {
  const checked = checkRecordAccess(allContracts, key, roles);
  return checked.ok ? 'ok' : checked.refusal.code;
};

test('records of the ledger itself are for every member', () => {
  expect(codeOf('links/jincheng-city-1/counter', [])).toBe('ok');
  expect(codeOf('network.members/organisations/bank-1', [])).toBe('ok');
  expect(codeOf('network.validators/settings/set', [])).toBe('ok');
});

test('every collection of every contract is open to exactly the roles it names', () => {
  for (const { name, collections } of allContracts) {
    for (const [collection, { readableBy }] of Object.entries(collections)) {
      const key = `${name}/${collection}/id`;
      expect([key, codeOf(key, ['nobody'])]).toEqual([key, readableBy === 'members' ? 'ok' : 'NOT_AUTHORISED']);
      if (readableBy !== 'members' && readableBy !== 'views') for (const role of readableBy) expect(codeOf(key, [role])).toBe('ok');
    }
  }
});

test('what is no record, and what is not here, is refused', () => {
  expect(codeOf('', [])).toBe('MALFORMED');
  expect(codeOf('x'.repeat(STATE_KEY_BYTES_MAX + 1), [])).toBe('MALFORMED');
  expect(codeOf('health.secrets/all/1', ['custodian'])).toBe('NOT_FOUND');
});

test('events of a contract are heard by who may read, call or look into it', () => {
  expect(mayHearEvents(allContracts, 'links', [])).toBe(true);
  expect(mayHearEvents(allContracts, 'health.access', ['custodian'])).toBe(true);
  expect(mayHearEvents(allContracts, 'no.such', ['custodian'])).toBe(false);
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCrypto } from '@civitas/canon/node';
import { verifyBundle } from '@civitas/proofs';
import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import { Refused } from '../fault.ts';
import { prepareCity } from '../flows/city/prepare-city.ts';
import { runCase } from '../flows/run-case.ts';
import { openTestParties } from '../flows/testing/test-parties.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import type { Parties } from '../sdk/parties.ts';
import { readProvenAfter } from '../sdk/proven-read.ts';
import { collectEvidence } from './collect-evidence.ts';

const RULES = 'city.rulebook/rules/city';
let parties: Parties;
let city: LedgerClient;

beforeAll(async () => {
  ({ parties } = await openTestParties());
  await prepareCity({ parties });
  city = parties.ledger('civil-affairs', 'city');
});

afterEach(() => {
  jest.restoreAllMocks();
});

function hurryClock(): void {
  let nowMs = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => (nowMs += 100_000));
}

function collect(ledger: LedgerClient, key: string, absent = false): Promise<Uint8Array> {
  const records = [{ title: key, statement: 'as it is', ledger, key, absent }];
  const subject = { kind: 'record', id: key };
  return collectEvidence({ subject, records, operations: [], capturedBy: 'civil-affairs', capturedAtUnixMs: 1 });
}

test('a record, and that one is not there, are proven against one header', async () => {
  for (const bytes of [await collect(city, RULES), await collect(city, 'city.rulebook/rules/none', true)]) {
    expect(verifyBundle(nodeCrypto, bytes)).toMatchObject({ ok: true, value: { ok: true } });
  }
});

test('a record that the case needs and the ledger lacks is RECORD_MISSING', async () => {
  await expect(collect(city, 'city.rulebook/rules/none')).rejects.toMatchObject({ code: 'RECORD_MISSING' });
});

test('a header that does not come is HEADER_LATE', async () => {
  hurryClock();
  await expect(readProvenAfter(city, RULES, 1_000_000)).rejects.toMatchObject({ code: 'HEADER_LATE', exitCode: EXIT.timedOut });

  const changed: LedgerClient['read'] = async (key, options) => {
    const read = await city.read(key, options);
    return options?.withProof === true ? read : { ...read, value: { version: 'of the future' } };
  };
  await expect(collect({ ...city, read: changed }, RULES)).rejects.toMatchObject({ code: 'HEADER_LATE', exitCode: EXIT.timedOut });
});

test('a record that changed in the block of the header is proven under a later one, and any other refusal ends the work', async () => {
  let refused = 0;
  const refusing = (code: string): LedgerClient['read'] => {
    return (key, options) => {
      if (options?.headerHeight === undefined || refused > 0) return city.read(key, options);
      refused++;
      return Promise.reject(new Refused('read', { code, facts: {}, then: 'drop' }));
    };
  };
  const records = ['city.rulebook/rules/none', RULES].map((key) => ({ title: key, statement: 'as it is', key, absent: key !== RULES }));
  const collectTwo = (read: LedgerClient['read']): Promise<Uint8Array> => {
    const ledger = { ...city, read };
    const subject = { kind: 'record', id: RULES };
    const mine = records.map((record) => ({ ...record, ledger }));
    return collectEvidence({ subject, records: mine, operations: [], capturedBy: 'civil-affairs', capturedAtUnixMs: 1 });
  };
  expect(verifyBundle(nodeCrypto, await collectTwo(refusing('PRUNED')))).toMatchObject({ ok: true, value: { ok: true } });
  expect(refused).toBe(1);
  refused = 0;
  await expect(collectTwo(refusing('NOT_AUTHORISED'))).rejects.toMatchObject({ refusal: { code: 'NOT_AUTHORISED' } });
});

test('a case whose exported bundle does not verify is BUNDLE_UNVERIFIED and leaves no file', async () => {
  const forged: Parties = {
    ...parties,
    ledger: (agency, network) => {
      const ledger = parties.ledger(agency, network);
      return { ...ledger, access: { ...ledger.access, genesisHash: new Uint8Array(32) } };
    },
  };

  const played = runCase({ flow: 'traffic-fine', seed: 5, parties: forged });

  await expect(played).rejects.toMatchObject({ code: 'BUNDLE_UNVERIFIED', exitCode: EXIT.unverified });
  expect(existsSync(join(parties.home, 'cases'))).toBe(false);
});

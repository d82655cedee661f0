import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeReceipt } from '@civitas/proofs';
import { waitFor } from '@civitas/testkit';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CommittedBlock } from '../ledger/ledger-host.ts';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { ConsentIndex } from './consent-index.ts';
import { CONSENTS_SCANNED } from './limits.ts';

let folder: string;
let index: ConsentIndex | undefined;

const open = (): ConsentIndex => new ConsentIndex(folder);

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'consents-')), 'index');
});
afterEach(async () => {
  await index?.close();
  index = undefined;
  rmSync(join(folder, '..'), { recursive: true });
});

test.each([4096, 8192])('an index cut short at %i bytes, before its first record, is made anew', async (bytes) => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'data.mdb'), new Uint8Array(bytes));
  index = open();
  await index.put('s1', 'c1', 1);
  await index.close();
  index = open();
  expect(index.list('s1')).toEqual(['c1']);
});

/** A ledger whose blocks grant consents to `s1`. */
class GrantingLedger {
  readonly #fake = aFakeLedger(aGenesis('jincheng-city-1', []));
  readonly errors: string[] = [];
  height = 0;
  scanCount = 0;
  /** What the next scan ends with. */
  fault: Error | undefined;
  listener: ((block: CommittedBlock) => void) | undefined;

  follow(by: ConsentIndex): void {
    const { status, scan } = this.#fake;
    by.follow(
      {
        status: () => ({ ...status(), height: this.height }),
        scan: (range) => {
          this.scanCount++;
          const { fault } = this;
          this.fault = undefined;
          if (fault !== undefined) throw fault;
          return scan(range);
        },
        onCommit: (listener) => {
          this.listener = listener;
          return () => {
            this.listener = undefined;
          };
        },
      },
      { error: (event) => void this.errors.push(event) },
    );
  }

  commit(consent?: string): void {
    this.height++;
    const operation = new Uint8Array(32);
    const place = { height: this.height, index: 0 };
    const events = [{ contract: 'city.consent', name: 'ConsentGranted', data: { subject: 's1', consent: consent ?? '' } }];
    const bytes = encodeReceipt({ ...place, operation, outcome: { ok: true, result: {} }, events });
    const grant = { grant: { subject: 's1' }, createdUnixMs: this.height };
    if (consent !== undefined) this.#fake.records.set(`city.consent/consents/${consent}`, grant);
    const counts = { operationCount: 1, successCount: 1, blockBytes: 1, links: { sent: [], answered: [] } };
    const seconds = { execute: 0, persist: 0, total: 0 };
    const receipts = consent === undefined ? [] : [{ ...place, operationHash: operation, bytes }];
    this.listener?.({ height: this.height, timeUnixMs: this.height, root: operation, receipts, ...counts, seconds });
  }
}

const listed = (...consents: string[]): Promise<unknown> =>
  waitFor(`the list ${consents.join()}`, () => index?.list('s1').join() === consents.join());

test('consents of blocks that the process did not see are noted when it follows the ledger again', async () => {
  const ledger = new GrantingLedger();
  for (let at = 0; at <= CONSENTS_SCANNED; at++) ledger.commit(`before-${at}`);
  index = open();
  ledger.follow(index);
  await waitFor('all of them', () => index?.list('s1').length === CONSENTS_SCANNED + 1);
  ledger.commit('seen');
  await index.close();
  ledger.commit('unseen');

  index = open();
  ledger.follow(index);
  await waitFor('both', () => index?.list('s1').slice(0, 2).join() === 'unseen,seen');
});

test('a ledger that stands where the index was closed is not read again', async () => {
  const ledger = new GrantingLedger();
  index = open();
  ledger.follow(index);
  ledger.commit('one');
  await listed('one');
  ledger.commit();
  await index.close();
  const { scanCount } = ledger;

  index = open();
  ledger.follow(index);
  ledger.commit('two');
  await listed('two', 'one');
  expect([ledger.scanCount, ledger.errors]).toEqual([scanCount, []]);
});

test('a block beyond a gap, as the first after a snapshot, brings what was granted in between', async () => {
  const ledger = new GrantingLedger();
  index = open();
  ledger.follow(index);
  ledger.commit('one');
  await listed('one');
  const { listener } = ledger;
  ledger.listener = undefined;
  ledger.commit('two');
  ledger.listener = listener;
  ledger.commit();
  await listed('two', 'one');
});

test('a note that fails is told and made up for at the next block', async () => {
  const ledger = new GrantingLedger();
  ledger.fault = new Error('no space left');
  ledger.commit('one');
  index = open();
  ledger.follow(index);
  await waitFor('the fault', () => ledger.errors.length === 1);
  expect([ledger.errors, index.list('s1')]).toEqual([['commit-listener-failed'], []]);
  ledger.commit();
  await listed('one');
});

test('what a block granted is noted before the index closes', async () => {
  const ledger = new GrantingLedger();
  index = open();
  ledger.follow(index);
  ledger.commit('one');
  await listed('one');
  ledger.commit('two');
  await index.close();
  index = open();
  expect(index.list('s1')).toEqual(['two', 'one']);
});

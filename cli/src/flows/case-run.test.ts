import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import { seededRandom } from '../samples/random.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import type { Parties } from '../sdk/parties.ts';
import { CaseRun, textIn } from './case-run.ts';
import { ensureApprover } from './city/prepare-city.ts';
import { proveForPeer } from './prove-for-peer.ts';
import { openTestParties } from './testing/test-parties.ts';

const CITY = { agency: 'civil-affairs', network: 'city' };
const REGISTER = { contract: 'city.registry@v1', method: 'register', role: 'platform', args: {} };
let parties: Parties;
let run: CaseRun;

beforeEach(async () => {
  ({ parties } = await openTestParties());
  run = new CaseRun({ parties, random: seededRandom(1), onStep: () => undefined });
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Every look at the clock finds it a hundred seconds later, so that whoever waits is late at once. */
function hurryClock(): void {
  let nowMs = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => (nowMs += 100_000));
}

/** The parties, with something of every ledger's client changed. */
function withLedgers(change: (ledger: LedgerClient) => Partial<LedgerClient>): Parties {
  return {
    ...parties,
    ledger: (agency, network) => {
      const ledger = parties.ledger(agency, network);
      return { ...ledger, ...change(ledger) };
    },
  };
}

test('a step that is refused otherwise than its branch says, or not at all, is BRANCH_UNEXPECTED', async () => {
  const anything = async (code: string) => run.submitRefused('A stranger registers', CITY, REGISTER, { code });
  await expect(anything('STATE')).rejects.toMatchObject({ code: 'BRANCH_UNEXPECTED', message: /NOT_AUTHORISED, expected STATE/ });
  await expect(anything('NOT_AUTHORISED')).resolves.toBeUndefined();

  const accepted = { ok: true, hash: 'h', body: new Uint8Array(0), height: 0, result: {}, receipt: undefined } as const;
  const submit = async () =>
    ({ ...accepted, receipt: { height: 0, index: 0, operation: 'h', outcome: { ok: true, result: {} }, events: [] } }) as const;
  const lenient = new CaseRun({ parties: withLedgers(() => ({ submit })), random: seededRandom(1), onStep: () => undefined });
  await expect(lenient.submitRefused('x', CITY, REGISTER, { code: 'STATE' })).rejects.toMatchObject({ code: 'BRANCH_UNEXPECTED' });
});

test('a record that does not come is WAIT_TIMED_OUT and names record and link', async () => {
  hurryClock();
  const key = 'city.identity/subjects/nobody';
  const wanted = { title: 'The packet arrives', seat: CITY, key, until: (record: unknown) => record !== undefined };

  const late = run.waitFor({ ...wanted, link: { source: 'transport', destination: 'courts' } });

  await expect(late).rejects.toMatchObject({
    code: 'WAIT_TIMED_OUT',
    exitCode: EXIT.timedOut,
    message: /city\.identity.*transport → courts/,
  });
});

test('a light client that stays behind is CLIENT_LATE', async () => {
  const read: LedgerClient['read'] = async (key) => ({
    ...(await parties.ledger('court-1', 'courts').read(key)),
    value: { latestHeight: 0 },
  });
  const behind = new CaseRun({ parties: withLedgers(() => ({ read })), random: seededRandom(1), onStep: () => undefined });
  const ledger = parties.ledger('traffic-police', 'transport');
  hurryClock();

  const proof = proveForPeer(behind, { ledger, key: 'transport.violation/records/x', peer: { agency: 'court-1', network: 'courts' } });

  await expect(proof).rejects.toMatchObject({ code: 'CLIENT_LATE', exitCode: EXIT.timedOut });
});

test('an approver key that no founder approves is APPROVAL_LATE', async () => {
  const submit: LedgerClient['submit'] = async () => ({
    ok: false,
    hash: '',
    body: new Uint8Array(0),
    height: 1,
    refusal: { code: 'DUPLICATE', facts: {}, then: 'drop' },
  });
  const strict = withLedgers((ledger) => ({
    submit,
    read: async () => ({ ...(await ledger.read('x/y/z')), found: false, value: undefined }),
  }));
  hurryClock();

  await expect(ensureApprover(strict, 'civil-affairs', 'city')).rejects.toMatchObject({ code: 'APPROVAL_LATE', exitCode: EXIT.timedOut });
});

test('an answer without the field that the contract promises is ANSWER_MALFORMED', () => {
  expect(() => textIn({ other: 'x' }, 'id')).toThrow(expect.objectContaining({ code: 'ANSWER_MALFORMED' }));
});

import { expect, test } from '@jest/globals';
import { BY, Flows } from './flows.ts';

const DAY_MS = 86_400_000;

test('a digest that city did not get is sent again by the custodian', () => {
  const flows = new Flows().setUp();
  const view = flows.waiting();
  flows.ok('health.access release', { by: BY.hospital, args: flows.releaseArgs(view) });
  flows.city.advance(4 * DAY_MS);
  flows.city.relay();
  const key = `health.access/records/${view.requestHash}`;
  expect(flows.record('health', key)['digest']).toBe('undelivered');

  flows.ok('health.access resendDigest', { by: BY.hospital, args: { record: view.requestHash } });
  flows.city.relay();

  expect(flows.record('health', key)['digest']).toBe('acknowledged');
});

test('a ruling that the fining ledger did not get is sent again by the court', () => {
  const flows = new Flows().setUp();
  const { fine, item } = flows.appealed();
  flows.ok('courts.evidence rule', { by: BY.court, args: flows.ruleArgs(item) });
  flows.city.advance(4 * DAY_MS);
  flows.city.relay();
  expect(flows.record('courts', `courts.evidence/items/${item}`)['ruling']).toBe('undelivered');

  flows.ok('courts.evidence resendRuling', { by: BY.court, args: { item } });
  flows.city.relay();

  expect(flows.record('transport', `transport.fine/fines/${fine}`)['status']).toBe('refund-due');
});

test('a receipt that city did not take is asked for again by the police', () => {
  const flows = new Flows().setUp();
  const fine = flows.notified();
  flows.ok('transport.fine pay', { by: BY.bank, args: flows.payFineArgs(fine, 4_500) });
  flows.city.advance(4 * DAY_MS);
  flows.city.relay();
  expect(flows.record('transport', `transport.fine/fines/${fine}`)['receiptStatus']).toBe('refused');

  flows.ok('transport.fine resendReceipt', { by: BY.police, args: { fine } });
  flows.city.relay();

  expect(flows.record('transport', `transport.fine/fines/${fine}`)['receiptStatus']).toBe('issued');
});

test('an operation sent again with its idempotency key makes nothing twice', () => {
  const flows = new Flows().setUp();
  const account = flows.account();
  const step = { by: BY.cityPortal, args: flows.applyArgs(account), key: 'again' };
  const first = flows.ok('housing.withdrawal apply', step);
  const second = flows.ok('housing.withdrawal apply', step);

  expect(second).toEqual({ id: first['id'], unchanged: true });
});

test('a frozen client stops a request before anything is written', () => {
  const flows = new Flows().setUp();
  const application = flows.applied();
  const args = flows.viewArgs(application);
  flows.city.ledger('housing').frozen = true;
  const outcome = flows.call('housing.withdrawal requestView', { by: BY.centre, args });

  expect(outcome).toMatchObject({ ok: false, refusal: { code: 'CLIENT_FROZEN' } });
  expect(flows.record('housing', `housing.withdrawal/applications/${application}`)['views']).toEqual([]);
});

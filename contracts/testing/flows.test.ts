import { describe, expect, test } from '@jest/globals';
import { ANSWER, aHash, anId, BY, committed, Flows } from './flows.ts';

const DAY_MS = 86_400_000;

function refusal(outcome: { ok: boolean; refusal?: unknown }) {
  return (outcome as { refusal?: { code: string; facts: { reason?: string } } }).refusal;
}

describe('X1 serious-illness withdrawal', () => {
  test('runs over three ledgers to payout, and the citizen sees the access', () => {
    const flows = new Flows().setUp();
    const view = flows.paid();

    const application = flows.record('housing', `housing.withdrawal/applications/${view.application}`);
    expect(application['status']).toBe('paid');
    expect(flows.record('health', `health.access/records/${view.requestHash}`)).toMatchObject({
      status: 'released',
      requester: 'fund-centre',
      commitment: committed(ANSWER).commitment,
      digest: 'acknowledged',
    });
    const list = flows.city.ledger('city').view('city.access', 'list', { subject: flows.subject }, BY.cityPortal);
    expect(list).toMatchObject({ ok: true, result: { entries: [{ requester: 'fund-centre', custodian: 'hospital-1' }] } });
    expect(flows.record('housing', 'housing.account/pool/all')).toEqual({
      balanceFen: 5_000_000,
      creditedFen: 8_000_000,
      paidOutFen: 3_000_000,
      reservedFen: 0,
    });
  });

  test('a consent withdrawn before it is consumed stops the request cleanly', () => {
    const flows = new Flows().setUp();
    const application = flows.applied();
    const consent = flows.granted();
    flows.ok('city.consent withdraw', { by: BY.cityPortal, args: flows.withdrawalArgs(consent) });

    const outcome = flows.call('city.consent consume', { by: BY.requester, args: flows.consumeArgs(consent) });
    flows.ok('housing.withdrawal cancel', { by: BY.cityPortal, args: { application } });

    expect(refusal(outcome)).toMatchObject({ code: 'CONSENT_MISSING', facts: { reason: 'withdrawn' } });
    expect(flows.record('housing', 'housing.account/pool/all')['reservedFen']).toBe(0);
  });

  test('a denial refunds the consent for a new request, and the old request stays dead', () => {
    const flows = new Flows().setUp();
    const view = flows.waiting();
    flows.ok('health.access deny', { by: BY.hospital, args: { requestHash: view.requestHash, reason: 'no-record' } });
    flows.city.relay();
    const { proof: evidence, record } = flows.city.ledger('housing').prove(`housing.withdrawal/views/${view.requestHash}`);
    const args = { requestHash: view.requestHash, evidence, record } as never;
    flows.ok('city.consent refund', { by: BY.requester, args });

    const again = flows.call('city.consent consume', { by: BY.requester, args: flows.consumeArgs(view.request.consent, view.requestHash) });
    const other = flows.call('city.consent consume', { by: BY.requester, args: flows.consumeArgs(view.request.consent) });

    expect(record['status']).toBe('denied');
    expect(refusal(again)).toMatchObject({ code: 'CONSENT_SPENT', facts: { reason: 'request-refunded' } });
    expect(other.ok).toBe(true);
  });

  test('a request that nobody delivers times out, one that nobody answers is past due; both refund', () => {
    const undelivered = new Flows().setUp();
    const lost = undelivered.sent();
    undelivered.city.advance(2 * DAY_MS);
    undelivered.city.relay();
    const unanswered = new Flows().setUp();
    const late = unanswered.waiting({ answerWithinMs: 5_000 });
    unanswered.city.advance(5_000);
    const release = unanswered.call('health.access release', { by: BY.hospital, args: unanswered.releaseArgs(late) });
    unanswered.city.relay();

    expect(undelivered.record('housing', `housing.withdrawal/views/${lost.requestHash}`)['status']).toBe('timed-out');
    expect(refusal(release)).toMatchObject({ code: 'STATE', facts: { reason: 'past-due' } });
    expect(unanswered.record('housing', `housing.withdrawal/views/${late.requestHash}`)['status']).toBe('past-due');
  });

  test.each([
    ['no policy', (f: Flows) => f.policy({ enabled: false }), {}, 'POLICY_DENIED'],
    ['an expired consumption', (f: Flows) => f, {}, 'STALE_PROOF'],
    ['a consumption of another custodian', (f: Flows) => f, { custodian: 'hospital-2' }, 'CONSENT_MISSING'],
  ])('a view with %s is denied for good', (title, arrange, changed, code) => {
    const flows = new Flows().setUp();
    arrange(flows);
    const application = flows.applied();
    const args = flows.viewArgs(application, changed);
    if (code === 'STALE_PROOF') flows.city.advance(7 * DAY_MS);
    flows.ok('housing.withdrawal requestView', {
      by: BY.centre,
      args: { ...args, timeoutUnixMs: flows.city.nowUnixMs + DAY_MS },
    });
    flows.city.relay();

    const [hash] = flows.record('housing', `housing.withdrawal/applications/${application}`)['views'] as string[];
    expect([title, flows.record('housing', `housing.withdrawal/views/${hash}`)]).toMatchObject([title, { status: 'denied', code }]);
    expect(flows.record('health', `health.access/requests/${hash}`)['status']).toBe('denied');
  });

  test('a view with a forged consumption is denied', () => {
    const flows = new Flows().setUp();
    const application = flows.applied();
    const args = flows.viewArgs(application);
    const consumption = args['consumption'] as { proof: object; record: object };
    const forged = { ...consumption, record: { ...consumption.record, expiresAtUnixMs: flows.city.nowUnixMs + 9 * DAY_MS } };
    flows.ok('housing.withdrawal requestView', { by: BY.centre, args: { ...args, consumption: forged } as never });
    flows.city.relay();

    const [hash] = flows.record('housing', `housing.withdrawal/applications/${application}`)['views'] as string[];
    expect(flows.record('housing', `housing.withdrawal/views/${hash}`)).toMatchObject({ status: 'denied', code: 'CONSENT_MISSING' });
  });

  test('a replayed consume-proof is refused by the asking ledger, and by the source if that ledger lied', () => {
    const flows = new Flows().setUp();
    const view = flows.waiting();
    const [first] = flows.city.ledger('housing').outbox;
    if (first === undefined) throw new Error('nothing was sent');

    const replayed = flows.city.ledger('health').receive({ ...first.packet, sequence: 2 });

    expect(replayed).toMatchObject({ status: 'error', code: 'CONSENT_SPENT', facts: { reason: 'replayed' } });
    expect(flows.record('health', `health.access/requests/${view.requestHash}`)['status']).toBe('waiting');
  });

  test('a packet from another ledger leaves the rightful request alone', () => {
    const flows = new Flows().setUp();
    const view = flows.sent();
    const [first] = flows.city.ledger('housing').outbox;
    if (first === undefined) throw new Error('nothing was sent');

    const stolen = flows.city.ledger('health').receive({ ...first.packet, source: 'jincheng-courts-1' });
    flows.city.relay();

    expect(stolen).toMatchObject({ status: 'error', code: 'NOT_AUTHORISED' });
    expect(flows.record('health', `health.access/requests/${view.requestHash}`)['status']).toBe('waiting');
  });

  test('an attestation revoked after the payout opens a claw-back, and the money comes back', () => {
    const flows = new Flows().setUp();
    const view = flows.paid();
    flows.ok('health.attestation revoke', { by: BY.hospital, args: { attestation: view.attestation, reason: 'fraud' } });
    flows.city.relay();
    const key = `housing.withdrawal/applications/${view.application}`;
    expect(flows.record('housing', key)['status']).toBe('claw-back');

    flows.ok('housing.withdrawal recover', { by: BY.bank, args: flows.payArgs(view, 'bank-0002') });

    expect(flows.record('housing', key)['status']).toBe('recovered');
    expect(flows.record('housing', 'housing.account/pool/all')).toMatchObject({ balanceFen: 8_000_000, paidOutFen: 3_000_000 });
  });

  test('a decision after three working days is marked as escalated', () => {
    const flows = new Flows().setUp();
    const view = flows.proven();
    flows.city.advance(7 * DAY_MS);

    expect(flows.ok('housing.withdrawal decide', { by: BY.decider, args: flows.decideArgs(view) })['escalated']).toBe(true);
  });

  test('two ledgers share no joinable subject', () => {
    const flows = new Flows().setUp();
    flows.paid();
    const dump = (domain: 'city' | 'health' | 'housing') => flows.city.ledger(domain).state.dump();

    expect(dump('city')).not.toContain(flows.patient);
    expect(dump('city')).not.toContain(flows.member);
    expect(dump('health')).not.toContain(flows.subject);
    expect(dump('health')).not.toContain(flows.member);
    expect(dump('housing')).not.toContain(flows.patient);
    expect(dump('housing')).not.toContain(flows.subject);
  });
});

describe('X5 traffic fine', () => {
  test('payment, receipt, appeal, waiver, reversal, refund', () => {
    const flows = new Flows().setUp();
    const { fine, receipt } = flows.ruled('waive');
    flows.ok('transport.fine refund', { by: BY.bank, args: flows.payFineRefund(fine) });

    expect(flows.record('transport', `transport.fine/fines/${fine}`)).toMatchObject({ status: 'refunded', receiptStatus: 'reversed' });
    expect(flows.record('city', `city.fiscal-receipt/receipts/${receipt}`)['status']).toBe('reversed');
  });

  test('an upheld appeal leaves fine and receipt as they were', () => {
    const flows = new Flows().setUp();
    const { fine, receipt } = flows.ruled('uphold');

    expect(flows.record('transport', `transport.fine/fines/${fine}`)).toMatchObject({ status: 'paid', appeal: 'upheld' });
    expect(flows.record('city', `city.fiscal-receipt/receipts/${receipt}`)['status']).toBe('issued');
  });

  test('a claimed receipt blocks the reversal until the claim is unwound', () => {
    const flows = new Flows().setUp();
    const { fine, receipt, item } = flows.appealed();
    const claim = { receipt, claim: anId('claim') };
    flows.ok('city.fiscal-receipt claim', { by: BY.claimant, args: { ...claim, amountFen: 4_500 } });
    flows.ok('courts.evidence rule', { by: BY.court, args: flows.ruleArgs(item) });
    flows.city.relay();
    const early = flows.call('transport.fine refund', { by: BY.bank, args: flows.payFineRefund(fine) });
    expect(refusal(early)).toMatchObject({ code: 'STATE', facts: { receiptStatus: 'reversal-refused' } });

    flows.ok('city.fiscal-receipt releaseClaim', { by: BY.claimant, args: claim });
    flows.ok('transport.fine retryReversal', { by: BY.police, args: { fine } });
    flows.city.relay();

    expect(flows.call('transport.fine refund', { by: BY.bank, args: flows.payFineRefund(fine) }).ok).toBe(true);
  });

  test('a changed photo does not open the commitment that the device made', () => {
    const flows = new Flows().setUp();
    const { item } = flows.appealed();
    const { salt } = committed({ sha256: aHash('photo') }, 'photo');

    const changed = flows.call('courts.evidence present', { by: BY.party, args: { item, value: { sha256: aHash('edited') }, salt } });
    const own = flows.call('courts.evidence present', { by: BY.party, args: { item, value: { sha256: aHash('photo') }, salt } });

    expect(refusal(changed)).toMatchObject({ code: 'RULE_UNMET', facts: { reason: 'digest-mismatch' } });
    expect(own.ok).toBe(true);
  });

  test('a lapsed calibration voids the violation, and no fine follows', () => {
    const flows = new Flows().setUp();
    const args = flows.violationArgs({ calibratedUntilUnixMs: flows.city.nowUnixMs - 2 * DAY_MS });
    const recorded = flows.ok('transport.violation record', { by: BY.police, args });
    const fine = flows.call('transport.fine create', { by: BY.police, args: flows.fineArgs(anId('violation')) });

    expect(recorded['status']).toBe('void');
    expect(refusal(fine)).toMatchObject({ code: 'RULE_UNMET', facts: { reason: 'violation-not-confirmed' } });
  });

  test('an appeal that the court never got can be made again', () => {
    const flows = new Flows().setUp();
    const { fine } = flows.paidFine();
    flows.ok('transport.fine appealToJudge', { by: BY.cityPortal, args: flows.appealArgs(fine) });
    flows.city.advance(4 * DAY_MS);
    flows.city.relay();
    expect(flows.record('transport', `transport.fine/fines/${fine}`)['appeal']).toBe('undelivered');

    const again = { ...flows.appealArgs(fine), eventId: anId('appeal-again') };
    flows.ok('transport.fine appealToJudge', { by: BY.cityPortal, args: again });
    flows.city.relay();

    expect(flows.record('transport', `transport.fine/fines/${fine}`)['courtItem']).not.toBe('');
  });
});

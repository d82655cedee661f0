import type { CaseRun } from '../case-run.ts';
import type { Branch, Flow } from '../flow.ts';
import { freshId } from '../person.ts';
import { SEATS, TrafficFine, type Variation } from './traffic-fine.ts';

async function paid(run: CaseRun, variation?: Variation): Promise<TrafficFine> {
  const fine = new TrafficFine(run, variation);
  await fine.record();
  await fine.demand();
  await fine.pay();
  return fine;
}

async function beforeCourt(run: CaseRun): Promise<TrafficFine> {
  const fine = await paid(run);
  await fine.appeal();
  return fine;
}

const happy: Branch = {
  name: 'happy',
  summary: 'paid, receipt issued, contested in court, waived, receipt reversed, money refunded',
  async play(run) {
    const fine = await beforeCourt(run);
    await fine.present();
    await fine.rule('waive', ['evidence-insufficient']);
    await fine.fineBecomes('The ruling comes back; the receipt is reversed', (record) => record['receiptStatus'] === 'reversed', 'city');
    await fine.refund();
  },
};

const secondChannel: Branch = {
  name: 'second-channel',
  summary: 'the fine is paid a second time at another channel: refused, no second receipt',
  async play(run) {
    const fine = await paid(run);
    await run.submitRefused('The same fine is paid at the portal', SEATS.portal, fine.payCall('portal'), {
      code: 'DUPLICATE',
      reason: 'paid',
    });
  },
};

const overpayment: Branch = {
  name: 'overpayment',
  summary: 'more than is due is refused',
  async play(run) {
    const fine = new TrafficFine(run);
    await fine.record();
    await fine.demand();
    const expected = { code: 'RULE_UNMET', reason: 'overpay' };
    await run.submitRefused('A hundred fen too many', SEATS.bank, fine.payCall('bank', fine.amountFen + 100), expected);
    await fine.pay();
  },
};

const lapsed: Branch = {
  name: 'lapsed-calibration',
  summary: 'the camera’s calibration had lapsed: the record is void from the start, no fine can be made of it',
  async play(run) {
    const fine = new TrafficFine(run, { calibrationLapsed: true });
    await fine.record();
    await run.submitRefused('A second officer wants to confirm it', SEATS.police, fine.reviewCall(), { code: 'STATE' });
    const expected = { code: 'RULE_UNMET', reason: 'violation-not-confirmed' };
    await run.submitRefused('A fine is made of it', SEATS.police, fine.createCall(), expected);
  },
};

const claimed: Branch = {
  name: 'claimed-receipt',
  summary: 'the receipt is claimed by an employer when the court waives: the reversal waits until the claim is given back',
  async play(run) {
    const fine = await paid(run);
    const claim = freshId();
    await fine.claim(claim);
    await fine.appeal();
    await fine.present();
    await fine.rule('waive', ['evidence-insufficient']);
    await fine.fineBecomes('City refuses to reverse a claimed receipt', (record) => record['receiptStatus'] === 'reversal-refused', 'city');
    const expected = { code: 'STATE', reason: 'receipt-not-reversed' };
    await run.submitRefused('The bank wants to refund all the same', SEATS.bank, fine.refundCall(), expected);
    await fine.releaseClaim(claim);
    const retry = { contract: 'transport.fine@v1', method: 'retryReversal', role: 'police', actor: 'officer-2', args: { fine: fine.fine } };
    await run.submit('The police ask for the reversal again', SEATS.police, retry);
    await fine.fineBecomes('The receipt is reversed', (record) => record['receiptStatus'] === 'reversed', 'city');
    await fine.refund();
  },
};

const changedPhoto: Branch = {
  name: 'changed-photo',
  summary: 'the police present another picture than was committed: digest mismatch, the judge waives',
  async play(run) {
    const fine = await beforeCourt(run);
    const other = await fine.presentCall({ sha256: 'A'.repeat(43) });
    await run.submitRefused('Another picture is presented', SEATS.party, other, { code: 'RULE_UNMET', reason: 'digest-mismatch' });
    await fine.present();
    await fine.rule('waive', ['evidence-insufficient']);
    await fine.fineBecomes('The ruling comes back; the receipt is reversed', (record) => record['receiptStatus'] === 'reversed', 'city');
    await fine.refund();
  },
};

const lateFee: Branch = {
  name: 'late-fee-under-appeal',
  summary: 'a late fee while the court has the case is refused; the ruling upholds the fine',
  async play(run) {
    const fine = new TrafficFine(run);
    await fine.record();
    await fine.demand();
    await fine.appeal();
    const penalty = fine.fineCall('addPenalty', 'police', { amountFen: fine.amountFen * 2 });
    await run.submitRefused('The police add a late fee', SEATS.police, penalty, { code: 'RULE_UNMET', reason: 'appeal-pending' });
    await fine.present();
    await fine.rule('uphold', ['evidence-sufficient']);
    await fine.fineBecomes('The ruling comes back: upheld', (record) => record['appeal'] === 'upheld', 'courts');
    await fine.pay();
  },
};

/** X5 (reference/domains.md §4.7): a fine, its payment and receipt, and its contest in court. */
export const trafficFine: Flow = {
  name: 'traffic-fine',
  summary: 'traffic fine to e-receipt, contested in court: transport → city, transport → courts → transport → city',
  branches: [happy, secondChannel, overpayment, lapsed, claimed, changedPhoto, lateFee],
};

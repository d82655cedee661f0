import { createHash, randomBytes } from 'node:crypto';
import type { JsonObject } from '@civitas/canon';
import type { Call } from '../../sdk/sign-operation.ts';
import { type CaseRun, type Seat, textIn } from '../case-run.ts';
import { freshId } from '../person.ts';

export const SEATS = {
  police: { agency: 'traffic-police', network: 'transport' },
  party: { agency: 'traffic-police', network: 'courts' },
  bank: { agency: 'bank-1', network: 'transport' },
  portal: { agency: 'citizen-portal', network: 'transport' },
  court: { agency: 'court-1', network: 'courts' },
  employer: { agency: 'employer-1', network: 'city' },
} as const satisfies Record<string, Seat>;

/** What a branch varies. */
export interface Variation {
  /** The camera's calibration had ended before it took the picture. */
  readonly calibrationLapsed?: boolean;
}

const DAY_MS = 86_400_000;

/** One speeding fine of a camera, step by step. */
export class TrafficFine {
  readonly run: CaseRun;
  readonly variation: Variation;
  readonly amountFen: number;
  readonly capturedUnixMs: number;
  readonly violation = freshId();
  readonly fine = freshId();
  readonly vehicle = freshId();
  /** What the camera's picture hashes to; the picture itself stays with the police. */
  readonly photo: string = createHash('sha256').update(randomBytes(64)).digest('base64url');
  evidence = '';
  evidenceReference = '';
  receipt = '';
  courtItem = '';
  paidFen = 0;

  constructor(run: CaseRun, variation: Variation = {}) {
    this.run = run;
    this.variation = variation;
    this.amountFen = run.random.pick([10_000, 15_000, 20_000] as const);
    this.capturedUnixMs = Date.now() - run.random.between(2, 9) * DAY_MS;
  }

  get fineKey(): string {
    return `transport.fine/fines/${this.fine}`;
  }

  fineCall(method: string, role: string, args: JsonObject): Call {
    const actor = role === 'police' ? 'officer-2' : `${role}-desk`;
    return {
      contract: 'transport.fine@v1',
      method,
      role,
      actor,
      args: { fine: this.fine, eventId: freshId(), onUnixMs: Date.now(), ...args },
    };
  }

  /** The camera's record, with its picture committed. */
  async record(): Promise<void> {
    const { run } = this;
    const value = { sha256: this.photo };
    const put = await run.privately('The police keep the picture’s digest in their vault', SEATS.police, () =>
      run.parties
        .vault('traffic-police', 'transport')
        .put({ subject: this.vehicle, collection: 'evidence', fields: [{ name: 'photo', value }] }),
    );
    this.evidence = put.commitments['photo'] ?? '';
    this.evidenceReference = put.reference;
    const calibratedUntilUnixMs =
      this.variation.calibrationLapsed === true ? this.capturedUnixMs - DAY_MS : this.capturedUnixMs + 90 * DAY_MS;
    const args = {
      id: this.violation,
      capturedUnixMs: this.capturedUnixMs,
      device: 'camera-17',
      calibratedUntilUnixMs,
      vehicle: this.vehicle,
      vehicleClass: 'A',
      article: 157,
      evidence: this.evidence,
    };
    await run.submit('A camera records a violation', SEATS.police, {
      contract: 'transport.violation@v1',
      method: 'record',
      role: 'police',
      actor: 'camera-17',
      args,
    });
    const statement = 'The camera’s record with the commitment of its picture';
    run.keep(SEATS.police, { title: 'Violation', statement, key: `transport.violation/violations/${this.violation}` });
  }

  reviewCall(): Call {
    const args = { violation: this.violation, verdict: 'confirm' };
    return { contract: 'transport.violation@v1', method: 'review', role: 'police', actor: 'officer-2', args };
  }

  createCall(): Call {
    const args = {
      id: this.fine,
      violation: this.violation,
      officer: null,
      amountFen: this.amountFen,
      article: 157,
      vehicleClass: 'A',
      points: 3,
      dismissal: null,
      onUnixMs: Date.now(),
    };
    return { contract: 'transport.fine@v1', method: 'create', role: 'police', actor: 'officer-2', args };
  }

  /** A second officer looks, then the fine is made, sent and notified. */
  async demand(): Promise<void> {
    const { run } = this;
    await run.submit('A second officer confirms it', SEATS.police, this.reviewCall());
    await run.submit('The police make the fine', SEATS.police, this.createCall());
    run.keep(SEATS.police, { title: 'Fine', statement: 'The fine with its whole history', key: this.fineKey });
    await run.submit('The fine is sent', SEATS.police, this.fineCall('send', 'police', { expenseFen: 0 }));
    await run.submit('The offender is notified', SEATS.police, this.fineCall('notify', 'police', { notificationType: 'P', lastSent: 'P' }));
  }

  payCall(channel: 'bank' | 'portal', amountFen = this.amountFen): Call {
    const payment = { amountFen, channel, paymentReference: `pay-${freshId()}` };
    return this.fineCall('pay', channel, payment);
  }

  /** Paid in full; the e-receipt is issued on `city`. */
  async pay(): Promise<void> {
    const { run } = this;
    await run.submit('The offender pays at the bank', SEATS.bank, this.payCall('bank'));
    this.paidFen = this.amountFen;
    const fine = await this.fineBecomes('The e-receipt is issued on city', (record) => record['receiptStatus'] === 'issued', 'city');
    this.receipt = textIn(fine, 'receipt');
    run.keep(SEATS.employer, {
      title: 'E-receipt',
      statement: 'The fiscal receipt of the payment',
      key: `city.fiscal-receipt/receipts/${this.receipt}`,
    });
  }

  claimArgs(claim: string): JsonObject {
    return { receipt: this.receipt, claim };
  }

  /** The employer books the receipt. */
  async claim(claim: string): Promise<void> {
    await this.run.submit('The employer claims the receipt', SEATS.employer, {
      contract: 'city.fiscal-receipt@v1',
      method: 'claim',
      role: 'claimant',
      args: { ...this.claimArgs(claim), amountFen: this.amountFen },
    });
  }

  async releaseClaim(claim: string): Promise<void> {
    await this.run.submit('The employer gives the claim back', SEATS.employer, {
      contract: 'city.fiscal-receipt@v1',
      method: 'releaseClaim',
      role: 'claimant',
      args: this.claimArgs(claim),
    });
  }

  /** The evidence goes to the court as a packet. */
  async appeal(): Promise<void> {
    const { run } = this;
    await run.submit(
      'The offender appeals to the judge',
      SEATS.portal,
      this.fineCall('appealToJudge', 'portal', { evidence: this.evidence }),
    );
    const fine = await this.fineBecomes(
      'The court takes the evidence in',
      (record) => typeof record['courtItem'] === 'string' && record['courtItem'] !== '',
      'courts',
    );
    this.courtItem = textIn(fine, 'courtItem');
    const statement = 'What lies before the court, who held it, and what was ruled';
    run.keep(SEATS.court, { title: 'Court item', statement, key: `courts.evidence/items/${this.courtItem}` });
  }

  /** Opens the committed digest; `value` other than what was recorded is the branch of the changed picture. */
  async presentCall(value?: JsonObject): Promise<Call> {
    const [opened] = await this.run.privately('The police open the picture’s digest', SEATS.police, () =>
      this.run.parties.vault('traffic-police', 'transport').open(this.evidenceReference, ['photo']),
    );
    const args = { item: this.courtItem, value: value ?? opened?.value ?? null, salt: opened?.salt ?? '' };
    return { contract: 'courts.evidence@v1', method: 'present', role: 'party', actor: 'counsel-1', args };
  }

  async present(): Promise<void> {
    const call = await this.presentCall();
    await this.run.submit('The police present the picture’s digest', SEATS.party, call);
    const statement = 'What lies before the court, who held it, and what was ruled';
    const opening = { path: ['commitment'], value: call.args['value'] ?? null, salt: String(call.args['salt']) };
    this.run.keep(SEATS.court, { title: 'Court item', statement, key: `courts.evidence/items/${this.courtItem}`, opening });
  }

  async rule(outcome: 'waive' | 'uphold', reasons: readonly string[]): Promise<void> {
    await this.run.submit(`The judge rules: ${outcome}`, SEATS.court, {
      contract: 'courts.evidence@v1',
      method: 'rule',
      role: 'court',
      actor: 'judge-1',
      args: { item: this.courtItem, outcome, reasons: [...reasons] },
    });
  }

  refundCall(): Call {
    return this.fineCall('refund', 'bank', { amountFen: this.paidFen, paymentReference: `refund-${freshId()}` });
  }

  async refund(): Promise<void> {
    await this.run.submit('The bank refunds', SEATS.bank, this.refundCall());
  }

  /** Until the fine is as wanted; the packet goes to `peer` and back. */
  async fineBecomes(title: string, until: (record: JsonObject) => boolean, peer: 'city' | 'courts'): Promise<JsonObject> {
    return this.run.waitFor({
      title,
      seat: SEATS.police,
      key: this.fineKey,
      until: (record) => record !== undefined && until(record),
      link: { source: 'transport', destination: peer },
    });
  }
}

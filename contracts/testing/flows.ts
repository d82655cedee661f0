import { base64urlEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { citizenSignBytes, type Outcome, type ViewRequest, viewRequestHashOf } from '@civitas/contracts';
import { aKeyPair } from '@civitas/testkit';
import { aHash, anId, BY, type By, committed, resultOf } from './parties.ts';
import { TestCity } from './test-city.ts';

const DAY_MS = 86_400_000;
const CALENDAR = { holidays: [], workdays: [] };

export { aHash, anId, BY, committed } from './parties.ts';

export type Step = { readonly by: By; readonly args: JsonObject; readonly key?: string };
export type View = {
  readonly request: ViewRequest;
  readonly requestHash: string;
  readonly application: string;
  readonly attestation: string;
};

export const CITIZEN = aKeyPair('citizen');
export const ANSWER = { amountBand: '10k-50k', answer: true };

/** The flows of FLOWS.md, step by step, on a test city; every step may be left at its default or changed. */
export class Flows {
  readonly city = new TestCity(nodeCrypto);
  readonly subject = anId('city-subject');
  readonly member = anId('member');
  readonly patient = anId('patient');

  /** `contract method`, such as `city.consent grant`; the ledger follows from the contract, or is given. */
  call(name: string, step: Step, domain = name.slice(0, name.indexOf('.'))): Outcome {
    const [contract = '', method = ''] = name.split(' ');
    const ledger = this.city.ledger(domain as 'city');
    const { by, args, key } = step;
    return ledger.call({ contract, method, args, ...by, ...(key === undefined ? {} : { idempotencyKey: key }) });
  }

  ok(name: string, step: Step, domain?: string): JsonObject {
    return resultOf(this.call(name, step, domain));
  }

  rules(domain: 'city' | 'health' | 'housing' | 'courts' | 'transport', changed: JsonObject = {}, version = 1): void {
    const values: Readonly<Record<string, JsonObject>> = {
      city: { calendar: CALENDAR, explainDays: 5, consentLifeMsMax: 365 * DAY_MS },
      health: { calendar: CALENDAR, catalogueVersion: 7, viewDueMs: DAY_MS },
      housing: {
        calendar: CALENDAR,
        catalogueVersion: 7,
        withdrawalCapFen: 10_000_000,
        withdrawalIntervalDays: 365,
        decisionDays: 3,
      },
      courts: { calendar: CALENDAR },
      transport: { calendar: CALENDAR, appealDays: 30, penaltyPercentMax: 300, receiptCode: '33010126' },
    };
    const by = { organisation: `${domain}-maker`, role: 'rulemaker', coSigners: [`${domain}-maker`] };
    const args = { ruleSet: domain, version };
    this.ok('city.rulebook propose', { by, args: { ...args, values: { ...values[domain], ...changed } } }, domain);
    this.ok('city.rulebook approve', { by, args }, domain);
    this.ok('city.rulebook activate', { by, args: { ...args, activeFromUnixMs: 0 } }, domain);
  }

  /** Rules on every ledger, the citizen known and bound, the source policy set. */
  setUp(): this {
    for (const domain of ['city', 'health', 'housing', 'courts', 'transport'] as const) this.rules(domain);
    this.ok('city.identity register', {
      by: BY.registrar,
      args: { subject: this.subject, custodian: 'citizen-portal', kind: 'person' },
    });
    this.ok('city.identity bindKey', { by: BY.registrar, args: this.binding() });
    this.policy();
    return this;
  }

  binding(changed: { publicKey?: string; portal?: string | null; class?: string } = {}): JsonObject {
    const document = {
      chainId: 'jincheng-city-1',
      class: 'custodial',
      portal: 'citizen-portal',
      publicKey: base64urlEncode(CITIZEN.publicKey),
      subject: this.subject,
      ...changed,
    };
    const { chainId: _, ...args } = document;
    return { ...args, signature: base64urlEncode(CITIZEN.sign(citizenSignBytes('key-binding', document))) };
  }

  policy(changed: JsonObject = {}): JsonObject {
    const args = {
      callerNetwork: 'jincheng-housing-1',
      callerOrganisation: 'fund-centre',
      callerContract: 'housing.withdrawal',
      predicate: 'illness-in-catalogue',
      purpose: 'verify-eligibility',
      consent: 'required',
      ratePerDay: 100,
      answerAgeMsMax: 90 * DAY_MS,
      disclosure: 'immediate',
      delayMs: 0,
      enabled: true,
      ...changed,
    };
    return this.ok('health.access setPolicy', { by: BY.reviewer, args });
  }

  grantArgs(changed: JsonObject = {}, signer = CITIZEN): JsonObject {
    const grant = {
      chainId: 'jincheng-city-1',
      custodian: 'hospital-1',
      detail: aHash('detail'),
      expiresAtUnixMs: this.city.nowUnixMs + 30 * DAY_MS,
      keyId: CITIZEN.keyId,
      kind: 'consent',
      nonce: aHash('grant-nonce'),
      predicate: 'illness-in-catalogue',
      purpose: 'verify-eligibility',
      requester: 'fund-centre',
      requesterNetwork: 'jincheng-housing-1',
      source: 'jincheng-health-1',
      subject: this.subject,
      usesMax: 1,
      ...changed,
    };
    return { grant, signature: base64urlEncode(signer.sign(citizenSignBytes('consent', grant))) };
  }

  granted(changed: JsonObject = {}): string {
    return String(this.ok('city.consent grant', { by: BY.cityPortal, args: this.grantArgs(changed) })['id']);
  }

  withdrawalArgs(consent: string, signer = CITIZEN): JsonObject {
    const withdrawal = { chainId: 'jincheng-city-1', consent, kind: 'consent-withdrawal', nonce: aHash('withdrawal') };
    return { withdrawal, signature: base64urlEncode(signer.sign(citizenSignBytes('consent', withdrawal))) };
  }

  disputeArgs(digest: string): JsonObject {
    const chainId = 'jincheng-city-1';
    const dispute = { chainId, digest, ground: 'no-reason', keyId: CITIZEN.keyId, kind: 'dispute', nonce: aHash('dispute') };
    return { dispute, signature: base64urlEncode(CITIZEN.sign(citizenSignBytes('dispute', dispute))) };
  }

  consumeArgs(consent: string, requestHash = aHash('request')): JsonObject {
    return { consent, requestHash, expiresAtUnixMs: this.city.nowUnixMs + 7 * DAY_MS };
  }

  attested(changed: JsonObject = {}): string {
    const args = {
      predicate: 'illness-in-catalogue',
      catalogueVersion: 7,
      subject: this.patient,
      resultCommitment: committed(ANSWER).commitment,
      billNullifier: aHash('bill'),
      reference: 'vault-1',
      ...changed,
    };
    return String(this.ok('health.attestation attest', { by: BY.hospital, args })['id']);
  }

  confirmed(changed: JsonObject = {}): string {
    const attestation = this.attested(changed);
    this.ok('health.attestation confirm', { by: BY.hospitalSecond, args: { attestation } });
    return attestation;
  }

  account(subject = this.member, creditFen = 8_000_000): string {
    const id = String(this.ok('housing.account open', { by: BY.centre, args: { subject } })['id']);
    const args = { account: id, amountFen: creditFen, reference: `deposit-${subject}` };
    if (creditFen > 0) this.ok('housing.account credit', { by: BY.centre, args });
    return id;
  }

  applyArgs(account: string, changed: JsonObject = {}): JsonObject {
    return { account, subject: this.member, reason: '09', amountFen: 3_000_000, ...changed };
  }

  applied(changed: JsonObject = {}): string {
    const args = this.applyArgs(this.account(), changed);
    return String(this.ok('housing.withdrawal apply', { by: BY.cityPortal, args })['id']);
  }

  request(consent: string, changed: Partial<ViewRequest> = {}): ViewRequest {
    return {
      answerWithinMs: DAY_MS,
      catalogueVersion: 7,
      consent,
      custodian: 'hospital-1',
      handle: anId('token'),
      nonce: aHash('request-nonce'),
      predicate: 'illness-in-catalogue',
      purpose: 'verify-eligibility',
      requester: 'fund-centre',
      requesterNetwork: 'jincheng-housing-1',
      source: 'jincheng-health-1',
      ...changed,
    };
  }

  /** A request whose consent is consumed, with the proof of that. */
  asked(changed: Partial<ViewRequest> = {}, grant: JsonObject = {}) {
    const consent = this.granted({ nonce: aHash(`grant ${JSON.stringify(changed)}`), ...grant });
    const request = this.request(consent, changed);
    const requestHash = viewRequestHashOf(nodeCrypto.sha256, request);
    this.ok('city.consent consume', { by: BY.requester, args: this.consumeArgs(consent, requestHash) });
    const { proof, record } = this.city.ledger('city').prove(`city.consent/consumptions/${requestHash}`);
    const consumption: JsonObject = { proof: { ...proof }, record };
    return { consent, request, requestHash, consumption };
  }

  viewArgs(application: string, changed: Partial<ViewRequest> = {}): JsonObject {
    const { request, consumption } = this.asked(changed);
    return { application, request, consumption, timeoutUnixMs: this.city.nowUnixMs + DAY_MS };
  }

  /** A view request that lies in housing's outbox. */
  sent(changed: Partial<ViewRequest> = {}): View {
    const attestation = this.confirmed();
    const application = this.applied();
    const args = this.viewArgs(application, changed);
    const request = args['request'] as ViewRequest;
    this.ok('housing.withdrawal requestView', { by: BY.centre, args });
    return { request, requestHash: viewRequestHashOf(nodeCrypto.sha256, request), application, attestation };
  }

  waiting(changed: Partial<ViewRequest> = {}): View {
    const view = this.sent(changed);
    this.city.relay();
    return view;
  }

  releaseArgs(view: View): JsonObject {
    return { requestHash: view.requestHash, attestation: view.attestation, subject: this.patient };
  }

  answered(): View {
    const view = this.waiting();
    this.ok('health.access release', { by: BY.hospital, args: this.releaseArgs(view) });
    this.city.relay();
    return view;
  }

  attachArgs(view: View): JsonObject {
    return { requestHash: view.requestHash, value: ANSWER, salt: committed(ANSWER).salt };
  }

  proven(): View {
    const view = this.answered();
    this.ok('housing.withdrawal attachView', { by: BY.centre, args: this.attachArgs(view) });
    return view;
  }

  decideArgs(view: View, decision = 'approve'): JsonObject {
    return { application: view.application, decision, reasons: [decision === 'approve' ? 'proofs-complete' : 'proof-missing'] };
  }

  approved(): View {
    const view = this.proven();
    this.ok('housing.withdrawal decide', { by: BY.decider, args: this.decideArgs(view) });
    return view;
  }

  payArgs(view: View, bankReference = 'bank-0001'): JsonObject {
    return { application: view.application, amountFen: 3_000_000, bankReference };
  }

  paid(): View {
    const view = this.approved();
    this.ok('housing.withdrawal pay', { by: BY.bank, args: this.payArgs(view) });
    return view;
  }

  violationArgs(changed: JsonObject = {}): JsonObject {
    const now = this.city.nowUnixMs;
    return {
      id: anId('violation'),
      capturedUnixMs: now - DAY_MS,
      device: 'camera-7',
      calibratedUntilUnixMs: now + DAY_MS,
      vehicle: anId('vehicle'),
      vehicleClass: 'A',
      article: 157,
      evidence: committed({ sha256: aHash('photo') }, 'photo').commitment,
      ...changed,
    };
  }

  violation(): string {
    const id = String(this.ok('transport.violation record', { by: BY.police, args: this.violationArgs() })['id']);
    this.ok('transport.violation review', { by: BY.policeSecond, args: { violation: id, verdict: 'confirm' } });
    return id;
  }

  fineArgs(violation: string | null, changed: JsonObject = {}): JsonObject {
    return {
      id: anId('fine'),
      violation,
      officer: violation === null ? 'officer-9' : null,
      amountFen: 3_500,
      article: 157,
      vehicleClass: 'A',
      points: 0,
      dismissal: null,
      onUnixMs: this.city.nowUnixMs - 1_000,
      ...changed,
    };
  }

  fine(): string {
    return String(this.ok('transport.fine create', { by: BY.police, args: this.fineArgs(this.violation()) })['id']);
  }

  step(fine: string, event: string, more: JsonObject = {}): JsonObject {
    return { fine, eventId: anId(event), onUnixMs: this.city.nowUnixMs, ...more };
  }

  notified(): string {
    const fine = this.fine();
    this.ok('transport.fine send', { by: BY.police, args: this.step(fine, 'send', { expenseFen: 1_000 }) });
    const notified = this.step(fine, 'notify', { notificationType: 'P', lastSent: 'P' });
    this.ok('transport.fine notify', { by: BY.police, args: notified });
    return fine;
  }

  payFineArgs(fine: string, amountFen: number, reference = 'pay-0001'): JsonObject {
    return this.step(fine, reference, { amountFen, channel: 'bank', paymentReference: reference });
  }

  /** Paid in full, receipt issued on city. @returns fine and receipt. */
  paidFine(): { readonly fine: string; readonly receipt: string } {
    const fine = this.notified();
    this.ok('transport.fine pay', { by: BY.bank, args: this.payFineArgs(fine, 4_500) });
    this.city.relay();
    return { fine, receipt: String(this.record('transport', `transport.fine/fines/${fine}`)['receipt']) };
  }

  payFineRefund(fine: string): JsonObject {
    return this.step(fine, 'refund', { amountFen: 4_500, paymentReference: 'refund-0001' });
  }

  appealArgs(fine: string): JsonObject {
    return this.step(fine, 'appeal', { evidence: committed({ sha256: aHash('photo') }, 'photo').commitment });
  }

  /** A paid fine, appealed, its evidence at the court. */
  appealed() {
    const { fine, receipt } = this.paidFine();
    this.ok('transport.fine appealToJudge', { by: BY.cityPortal, args: this.appealArgs(fine) });
    this.city.relay();
    return { fine, receipt, item: String(this.record('transport', `transport.fine/fines/${fine}`)['courtItem']) };
  }

  ruleArgs(item: string, outcome = 'waive'): JsonObject {
    return { item, outcome, reasons: [outcome === 'waive' ? 'evidence-insufficient' : 'evidence-sufficient'] };
  }

  ruled(outcome = 'waive') {
    const appealed = this.appealed();
    this.ok('courts.evidence rule', { by: BY.court, args: this.ruleArgs(appealed.item, outcome) });
    this.city.relay();
    return appealed;
  }

  record(domain: string, key: string): JsonObject {
    const record = this.city.ledger(domain as 'city').read(key);
    if (record === undefined) throw new Error(`no record ${key}`);
    return record;
  }
}

import { createHmac } from 'node:crypto';
import type { JsonObject } from '@civitas/canon';
import { readProvenAfter } from '../../sdk/proven-read.ts';
import { type CaseRun, type Seat, textIn } from '../case-run.ts';
import { CATALOGUE_VERSION } from '../city/rule-values.ts';
import { type Citizen, citizenSignature, freshId, freshNonce, identityOf, introduceCitizen, PORTAL } from '../person.ts';
import { proveForPeer } from '../prove-for-peer.ts';
import { type Chains, grantOf, PREDICATE, PURPOSE, viewRequestHashOf, viewRequestOf } from './consent-documents.ts';

const SEATS = {
  centre: { agency: 'fund-centre', network: 'housing' },
  requester: { agency: 'fund-centre', network: 'city' },
  collector: { agency: 'fund-centre', network: 'health' },
  hospital: { agency: 'hospital-1', network: 'health' },
  portal: { agency: PORTAL, network: 'city' },
  portalAtHousing: { agency: PORTAL, network: 'housing' },
  bank: { agency: 'bank-1', network: 'housing' },
} as const satisfies Record<string, Seat>;

const DAY_MS = 86_400_000;
const BANDS = ['under-10k', '10k-50k', '50k-200k', 'over-200k'] as const;

/** What a branch varies. */
export interface Variation {
  /** The attested answer; default yes. */
  readonly answer?: boolean;
  /** Time the custodian has, ms; default an hour. */
  readonly answerWithinMs?: number;
}

/** One member's withdrawal for serious illness, step by step; each step is one party's own operation. */
export class SeriousIllness {
  readonly run: CaseRun;
  readonly variation: Variation;
  readonly amountFen: number;
  citizen: Citizen | undefined;
  memberSubject = '';
  patientSubject = '';
  account = '';
  attestation = '';
  application = '';
  consent = '';
  request: JsonObject = {};
  requestHash = '';
  opened: { value: JsonObject; salt: string } | undefined;

  constructor(run: CaseRun, variation: Variation = {}) {
    this.run = run;
    this.variation = variation;
    this.amountFen = run.random.between(800, 9_000) * 1_000;
  }

  get #person(): Citizen {
    if (this.citizen === undefined) throw new Error('prepare() comes first');
    return this.citizen;
  }

  /** Citizen, account with money in it, and the hospital's attestation. */
  async prepare(): Promise<void> {
    this.citizen = await introduceCitizen(this.run);
    await this.#openAccount();
    await this.#attest();
  }

  async #openAccount(): Promise<void> {
    const { run } = this;
    const identity = identityOf(this.#person.person);
    const housing = run.parties.ledger('fund-centre', 'housing').chainId;
    const { subject } = await run.privately('The fund centre asks for its own subject id of the member', SEATS.requester, () =>
      run.parties.subjects('fund-centre').assign({ ...identity, ledger: housing }),
    );
    this.memberSubject = subject;
    const contract = 'housing.account@v1';
    const opened = await run.submit('The fund centre opens the member’s account', SEATS.centre, {
      contract,
      method: 'open',
      role: 'centre',
      actor: 'counter-1',
      args: { subject },
    });
    this.account = textIn(opened, 'id');
    const credit = { account: this.account, amountFen: this.amountFen * 3, reference: `payroll-${freshId()}` };
    await run.submit('Contributions are credited', SEATS.centre, {
      contract,
      method: 'credit',
      role: 'centre',
      actor: 'counter-1',
      args: credit,
    });
    const statement = 'The member’s fund account with its balance';
    run.keep(SEATS.centre, { title: 'Account', statement, key: `housing.account/accounts/${this.account}` });
  }

  /** Two clinicians attest the predicate; diagnosis and amount stay in the hospital's vault. */
  async #attest(): Promise<void> {
    const { run } = this;
    const identity = identityOf(this.#person.person);
    const health = run.parties.ledger('hospital-1', 'health').chainId;
    const { subject } = await run.privately(
      'The hospital asks for its own subject id of the patient',
      { agency: 'hospital-1', network: 'city' },
      () => run.parties.subjects('hospital-1').assign({ ...identity, ledger: health }),
    );
    this.patientSubject = subject;
    const value = { amountBand: BANDS[run.random.between(2, 3)] ?? 'over-200k', answer: this.variation.answer ?? true };
    const put = await run.privately('The hospital puts the answer into its vault', SEATS.hospital, () =>
      run.parties.vault('hospital-1', 'health').put({ subject, collection: 'attestations', fields: [{ name: PREDICATE, value }] }),
    );
    const resultCommitment = put.commitments[PREDICATE] ?? '';
    const billNullifier = createHmac('sha256', run.parties.profile('hospital-1').indexKey).update(`bill\n${freshId()}`).digest('base64url');
    const args = {
      predicate: PREDICATE,
      catalogueVersion: CATALOGUE_VERSION,
      subject,
      resultCommitment,
      billNullifier,
      reference: put.reference,
    };
    const contract = 'health.attestation@v1';
    const attested = await run.submit('A clinician attests: illness in catalogue', SEATS.hospital, {
      contract,
      method: 'attest',
      role: 'custodian',
      actor: 'clinician-1',
      args,
    });
    this.attestation = textIn(attested, 'id');
    await run.submit('A second clinician confirms', SEATS.hospital, {
      contract,
      method: 'confirm',
      role: 'custodian',
      actor: 'clinician-2',
      args: { attestation: this.attestation },
    });
    const statement = 'The hospital attested a yes/no answer and a band, committed with a salt, before anybody asked';
    run.keep(SEATS.hospital, { title: 'Attestation', statement, key: `health.attestation/attestations/${this.attestation}` });
  }

  async apply(): Promise<void> {
    const applied = await this.run.submit('The member applies at the portal: reason 09, serious illness', SEATS.portalAtHousing, {
      contract: 'housing.withdrawal@v1',
      method: 'apply',
      role: 'portal',
      actor: 'citizen-desk',
      args: { account: this.account, subject: this.memberSubject, reason: '09', amountFen: this.amountFen },
    });
    this.application = textIn(applied, 'id');
    const statement = 'The application: pinned rules, what was needed, what was decided';
    this.run.keep(SEATS.centre, { title: 'Application', statement, key: `housing.withdrawal/applications/${this.application}` });
  }

  /** The grant as the citizen would sign it now. */
  async grantDocument(): Promise<JsonObject> {
    const { run } = this;
    const { subject, keyId } = this.#person;
    const shown = {
      en: 'hospital-1 tells fund-centre whether the illness is in the catalogue, and a band of cost',
      zh: '第一医院仅告知是否属于重大疾病及费用区间',
    };
    const put = await run.privately('The portal keeps what the citizen was shown', SEATS.portal, () =>
      run.parties.vault(PORTAL, 'city').put({ subject, collection: 'consents', fields: [{ name: 'shown', value: shown }] }),
    );
    return grantOf({
      chains: this.#chains,
      subject,
      keyId,
      detail: put.commitments['shown'] ?? '',
      expiresAtUnixMs: Date.now() + DAY_MS,
    });
  }

  get #chains(): Chains {
    const { parties } = this.run;
    const city = parties.ledger(PORTAL, 'city').chainId;
    const housing = parties.ledger('fund-centre', 'housing').chainId;
    return { city, housing, health: parties.ledger('hospital-1', 'health').chainId };
  }

  /** Single use, signed with the citizen's own key. */
  async grant(): Promise<void> {
    const grant = await this.grantDocument();
    const granted = await this.run.submit('The citizen grants a single-use consent', SEATS.portal, {
      contract: 'city.consent@v1',
      method: 'grant',
      role: 'portal',
      args: { grant, signature: citizenSignature(this.#person, 'consent', grant) },
    });
    this.consent = textIn(granted, 'id');
    const statement = 'The citizen’s consent: to whom, about what, for what, once';
    this.run.keep(SEATS.portal, { title: 'Consent', statement, key: `city.consent/consents/${this.consent}` });
  }

  async withdraw(): Promise<void> {
    const chainId = this.run.parties.ledger(PORTAL, 'city').chainId;
    const withdrawal = { chainId, consent: this.consent, kind: 'consent-withdrawal', nonce: freshNonce() };
    await this.run.submit('The citizen withdraws the consent', SEATS.portal, {
      contract: 'city.consent@v1',
      method: 'withdraw',
      role: 'portal',
      args: { withdrawal, signature: citizenSignature(this.#person, 'consent', withdrawal) },
    });
  }

  /** Writes the exact request and its hash; a link token stands for the patient in it. */
  async formRequest(): Promise<void> {
    const { run } = this;
    const health = run.parties.ledger('hospital-1', 'health').chainId;
    const citySubject = this.#person.subject;
    const { token } = await run.privately('The portal gets a link token for the hospital', SEATS.portal, () =>
      run.parties.subjects(PORTAL).issueLinkToken({
        citySubject,
        audience: 'hospital-1',
        ledger: health,
        purpose: PURPOSE,
        expiresAtUnixMs: Date.now() + DAY_MS / 24,
      }),
    );
    const answerWithinMs = this.variation.answerWithinMs ?? DAY_MS / 24;
    this.request = viewRequestOf({ chains: this.#chains, consent: this.consent, handle: token, answerWithinMs });
    this.requestHash = viewRequestHashOf(this.request);
  }

  consumeCall(requestHash = this.requestHash, lifeMs = DAY_MS / 2) {
    const args = { consent: this.consent, requestHash, expiresAtUnixMs: Date.now() + lifeMs };
    return { contract: 'city.consent@v1', method: 'consume', role: 'requester', args };
  }

  /** On `city`, bound to the hash of the exact request: of two askers one wins. */
  async consume(): Promise<void> {
    await this.run.submit('The fund centre consumes the consent for exactly this request', SEATS.requester, this.consumeCall());
    const key = `city.consent/consumptions/${this.requestHash}`;
    this.run.keep(SEATS.requester, { title: 'Consumption', statement: 'The consent was consumed for one request hash', key });
  }

  /** The call of step 8, with the proof of the consumption. */
  async requestViewCall() {
    const { run } = this;
    const city = run.parties.ledger('fund-centre', 'city');
    const key = `city.consent/consumptions/${this.requestHash}`;
    const height = run.steps.findLast(({ network, height: at }) => network === 'city' && at > 0)?.height ?? 0;
    const proven = await readProvenAfter(city, key, height);
    const consumption = {
      proof: { peer: city.chainId, headerHeight: proven.headerHeight, proof: proven.proofJson },
      record: proven.value ?? {},
    };
    const args = { application: this.application, request: this.request, consumption, timeoutUnixMs: Date.now() + DAY_MS };
    return { contract: 'housing.withdrawal@v1', method: 'requestView', role: 'centre', actor: 'counter-1', args };
  }

  async requestView(): Promise<void> {
    await this.run.submit('The fund centre asks the hospital, showing the consumption’s proof', SEATS.centre, await this.requestViewCall());
    const statement = 'The question to the health ledger and its answer’s commitment';
    this.run.keep(SEATS.centre, { title: 'View', statement, key: `housing.withdrawal/views/${this.requestHash}` });
  }

  /** Until the packet and its proof have reached `health`. */
  async arrive(): Promise<void> {
    await this.run.waitFor({
      title: 'The relay delivers the question; health checks policy and consent proof',
      seat: SEATS.hospital,
      key: `health.access/requests/${this.requestHash}`,
      until: (record) => record?.['status'] === 'waiting',
      link: { source: 'housing', destination: 'health' },
    });
  }

  /** Until the view at `housing` has one of these statuses. */
  async viewBecomes(title: string, statuses: readonly string[], timeoutMs?: number): Promise<JsonObject> {
    return this.run.waitFor({
      title,
      seat: SEATS.centre,
      key: `housing.withdrawal/views/${this.requestHash}`,
      until: (record) => statuses.includes(String(record?.['status'])),
      link: { source: 'housing', destination: 'health' },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  async resolvePatient(): Promise<string> {
    const { subject } = await this.run.privately(
      'The hospital resolves the link token to its patient',
      { agency: 'hospital-1', network: 'city' },
      () => this.run.parties.subjects('hospital-1').resolve(String(this.request['handle'])),
    );
    return subject;
  }

  releaseCall(subject: string) {
    const args = { requestHash: this.requestHash, attestation: this.attestation, subject };
    return { contract: 'health.access@v1', method: 'release', role: 'custodian', actor: 'records-desk', args };
  }

  /** AccessRecord and commitment in one block; the final acknowledgement travels back. */
  async release(): Promise<void> {
    const subject = await this.resolvePatient();
    await this.run.submit('The hospital releases the attested answer', SEATS.hospital, this.releaseCall(subject));
    const statement = 'Who read what about the patient, why, and the commitment of the answer';
    this.run.keep(SEATS.hospital, { title: 'Access record', statement, key: `health.access/records/${this.requestHash}` });
    await this.viewBecomes('The acknowledgement brings the commitment to housing', ['answered']);
  }

  async deny(): Promise<void> {
    await this.run.submit('The hospital denies: not our patient', SEATS.hospital, {
      contract: 'health.access@v1',
      method: 'deny',
      role: 'custodian',
      actor: 'records-desk',
      args: { requestHash: this.requestHash, reason: 'not-our-patient' },
    });
    await this.viewBecomes('The denial reaches housing', ['denied']);
  }

  /** From vault to vault; the ledger carries the commitment alone. */
  async collect(): Promise<void> {
    const { run } = this;
    const accessKey = `health.access/records/${this.requestHash}`;
    const record = (await run.parties.ledger('fund-centre', 'health').read(accessKey)).value;
    const network = run.parties.ledger('fund-centre', 'health').chainId;
    const collected = await run.privately('The fund centre collects value and salt from the hospital’s vault', SEATS.collector, () =>
      run.parties.vault('fund-centre', 'health').collect('hospital-1', { network, accessKey, reference: textIn(record, 'reference') }),
    );
    this.opened = { value: collected.value as JsonObject, salt: collected.salt };
    await run.submit('The fund centre confirms receipt', SEATS.collector, {
      contract: 'health.access@v1',
      method: 'received',
      role: 'requester',
      args: { requestHash: this.requestHash },
    });
    const opening = { path: ['commitment'], value: collected.value, salt: collected.salt };
    const statement = 'Who read what about the patient, why, and the commitment of the answer';
    run.keep(SEATS.hospital, { title: 'Access record', statement, key: accessKey, opening });
  }

  attachCall() {
    const args = { requestHash: this.requestHash, value: this.opened?.value ?? {}, salt: this.opened?.salt ?? '' };
    return { contract: 'housing.withdrawal@v1', method: 'attachView', role: 'centre', actor: 'counter-1', args };
  }

  async attach(): Promise<void> {
    await this.run.submit('The answer is attached; the contract checks it against the commitment', SEATS.centre, this.attachCall());
  }

  async decide(decision: 'approve' | 'reject', reasons: readonly string[]): Promise<void> {
    await this.run.submit(`A reviewer decides: ${decision}`, SEATS.centre, {
      contract: 'housing.withdrawal@v1',
      method: 'decide',
      role: 'centre',
      actor: 'reviewer-1',
      args: { application: this.application, decision, reasons: [...reasons] },
    });
  }

  async pay(): Promise<void> {
    const args = { application: this.application, amountFen: this.amountFen, bankReference: `pay-${freshId()}` };
    await this.run.submit('The bank pays', SEATS.bank, { contract: 'housing.withdrawal@v1', method: 'pay', role: 'bank', args });
  }

  async cancel(): Promise<void> {
    await this.run.submit('The member cancels; the reservation is released', SEATS.portalAtHousing, {
      contract: 'housing.withdrawal@v1',
      method: 'cancel',
      role: 'portal',
      args: { application: this.application },
    });
  }

  /** Gives the consent back on proof of what became of the view at housing. */
  async refund(): Promise<void> {
    const { run } = this;
    const housing = run.parties.ledger('fund-centre', 'housing');
    const key = `housing.withdrawal/views/${this.requestHash}`;
    const proven = await proveForPeer(run, { ledger: housing, key, peer: { agency: 'fund-centre', network: 'city' } });
    const evidence = { peer: housing.chainId, headerHeight: proven.headerHeight, proof: proven.proofJson };
    await run.submit('The consent is refunded on proof', SEATS.requester, {
      contract: 'city.consent@v1',
      method: 'refund',
      role: 'requester',
      args: { requestHash: this.requestHash, evidence, record: proven.value ?? {} },
    });
  }

  /** The citizen's own list; at least this access stands in it. */
  async seeAccess(): Promise<void> {
    const { run } = this;
    const health = run.parties.ledger('hospital-1', 'health').chainId;
    const key = `city.access/digests/${health}.${this.requestHash}`;
    await run.waitFor({
      title: 'The access reaches the citizen’s list',
      seat: SEATS.portal,
      key,
      until: (record) => record !== undefined,
      link: { source: 'health', destination: 'city' },
    });
    run.keep(SEATS.portal, { title: 'Access digest', statement: 'What the citizen sees of this access', key });
  }
}

export { SEATS };

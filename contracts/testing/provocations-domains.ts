import type { JsonObject } from '@civitas/canon';
import { ANSWER, aHash, anId, BY, committed, type Flows, type View } from './flows.ts';
import { type Provocation, say, set } from './provocations.ts';

const DAY_MS = 86_400_000;
const NOBODY = anId('nobody');
const NO_HASH = aHash('nobody');
type By = Parameters<Flows['call']>[1]['by'];
const INTERNAL: By = { organisation: 'fund-centre', role: 'internal' };
const STRANGER: By = { organisation: 'hospital-2', role: 'custodian' };

const document = (f: Flows, changed: JsonObject = {}): JsonObject => ({
  id: anId('document'),
  subject: f.patient,
  kind: 'Condition',
  digest: committed('digest').commitment,
  class: committed('class').commitment,
  period: committed('period').commitment,
  reference: null,
  ...changed,
});
const register = (f: Flows, changed: JsonObject = {}) => say(f, 'health.index register', BY.hospital, document(f, changed));
const supersede = (f: Flows, changed: JsonObject = {}, by: By = BY.hospital) =>
  say(f, 'health.index supersede', by, { id: anId('document'), document: document(f, { id: anId('new'), ...changed }) });
const markError = (f: Flows, by: By = BY.hospital) => say(f, 'health.index markError', by, { id: anId('document'), reason: 'technical' });

const index: readonly Provocation[] = [
  ['health.index register DUPLICATE other-content', (f) => (register(f), register(f, { kind: 'Procedure' }))],
  ['health.index supersede STATE absent', (f) => supersede(f)],
  ['health.index supersede STATE wrong-status', (f) => (register(f), markError(f), supersede(f))],
  ['health.index supersede NOT_AUTHORISED other-custodian', (f) => (register(f), supersede(f, {}, STRANGER))],
  ['health.index supersede DUPLICATE registered-before', (f) => (register(f), register(f, { id: anId('new') }), supersede(f))],
  ['health.index supersede RULE_UNMET other-subject', (f) => (register(f), supersede(f, { subject: NOBODY }))],
  ['health.index markError STATE absent', (f) => markError(f)],
  ['health.index markError NOT_AUTHORISED other-custodian', (f) => (register(f), markError(f, STRANGER))],
];

const attest = (f: Flows, changed: JsonObject = {}) =>
  say(f, 'health.attestation attest', BY.hospital, {
    predicate: 'illness-in-catalogue',
    catalogueVersion: 7,
    subject: f.patient,
    resultCommitment: committed(ANSWER).commitment,
    billNullifier: aHash('bill'),
    reference: 'vault-1',
    ...changed,
  });
const confirm = (f: Flows, attestation: string, by: By = BY.hospitalSecond) => say(f, 'health.attestation confirm', by, { attestation });
const revoke = (f: Flows, attestation: string, by: By = BY.hospital) =>
  say(f, 'health.attestation revoke', by, { attestation, reason: 'fraud' });
const use = (f: Flows, attestation: string) =>
  say(f, 'health.attestation use', INTERNAL, {
    attestation,
    requestHash: NO_HASH,
    network: 'jincheng-housing-1',
    port: 'housing.withdrawal',
  });
const fullUses = Array.from({ length: 32 }, () => ({ requestHash: NO_HASH, network: 'jincheng-housing-1', port: 'housing.withdrawal' }));

const attestation: readonly Provocation[] = [
  ['health.attestation attest DUPLICATE bill-attested', (f) => (f.attested(), attest(f))],
  ['health.attestation attest RULE_UNMET catalogue-unknown', (f) => attest(f, { catalogueVersion: 8 })],
  [
    'health.attestation attest RULE_UNMET no-rules',
    (f) => (set(f, 'city.rulebook/rules/health', { activations: [] }, 'health'), attest(f)),
  ],
  ['health.attestation confirm STATE absent', (f) => confirm(f, NOBODY)],
  ['health.attestation confirm NOT_AUTHORISED same-actor', (f) => confirm(f, f.attested(), BY.hospital)],
  ['health.attestation confirm NOT_AUTHORISED other-custodian', (f) => confirm(f, f.attested(), STRANGER)],
  ['health.attestation revoke STATE absent', (f) => revoke(f, NOBODY)],
  ['health.attestation revoke NOT_AUTHORISED other-custodian', (f) => revoke(f, f.attested(), STRANGER)],
  ['health.attestation use STATE wrong-status', (f) => use(f, f.attested())],
  [
    'health.attestation use LIMIT uses',
    (f) => {
      const id = f.confirmed();
      set(f, `health.attestation/attestations/${id}`, { uses: fullUses });
      return use(f, id);
    },
  ],
];

const release = (f: Flows, view: View, changed: JsonObject = {}, by: By = BY.hospital) =>
  say(f, 'health.access release', by, { ...f.releaseArgs(view), ...changed });
const setAttestation = (f: Flows, view: View, changed: JsonObject) =>
  set(f, `health.attestation/attestations/${view.attestation}`, changed);
const deny = (f: Flows, requestHash: string, by: By = BY.hospital) =>
  say(f, 'health.access deny', by, { requestHash, reason: 'no-record' });
const received = (f: Flows, requestHash: string, by: By = BY.requester) => say(f, 'health.access received', by, { requestHash });
const read = (f: Flows, by: By = BY.hospital, key?: string, purpose = 'treatment') =>
  f.call('health.access read', {
    by,
    args: { documents: [anId('document')], subject: f.patient, purpose, basis: 'vital-interest', handle: null },
    ...(key === undefined ? {} : { key }),
  });
const resend = (f: Flows, record: string, by: By = BY.hospital) => say(f, 'health.access resendDigest', by, { record });

function releaseAfter(changed: JsonObject): (f: Flows) => ReturnType<typeof release> {
  return (f) => {
    const view = f.waiting();
    setAttestation(f, view, changed);
    return release(f, view);
  };
}

const healthAccess: readonly Provocation[] = [
  [
    'health.access release STATE wrong-status',
    (f) => {
      const view = f.waiting();
      deny(f, view.requestHash);
      return release(f, view);
    },
  ],
  [
    'health.access release STATE past-due',
    (f) => {
      const view = f.waiting();
      f.city.advance(DAY_MS);
      return release(f, view);
    },
  ],
  ['health.access release NOT_AUTHORISED other-custodian', (f) => release(f, f.waiting(), {}, STRANGER)],
  ['health.access release NOT_AUTHORISED other-custodian', releaseAfter({ owner: 'hospital-2' })],
  ['health.access release RULE_UNMET not-confirmed', releaseAfter({ status: 'attested' })],
  ['health.access release RULE_UNMET other-predicate', releaseAfter({ predicate: 'relation' })],
  ['health.access release RULE_UNMET other-catalogue', releaseAfter({ catalogueVersion: 6 })],
  ['health.access release RULE_UNMET answer-too-old', releaseAfter({ confirmedUnixMs: 0 })],
  ['health.access release RULE_UNMET other-subject', (f) => release(f, f.waiting(), { subject: NOBODY })],
  ['health.access release LIMIT uses', releaseAfter({ uses: fullUses })],
  [
    'health.access release DUPLICATE bill-used',
    (f) => {
      const view = f.waiting();
      set(f, `health.access/bills/${aHash('bill')}`, { requester: 'fund-centre', requesterNetwork: 'yunhai-housing-1' });
      return release(f, view);
    },
  ],
  ['health.access deny STATE absent', (f) => deny(f, NO_HASH)],
  ['health.access deny NOT_AUTHORISED other-custodian', (f) => deny(f, f.waiting().requestHash, STRANGER)],
  ['health.access received STATE absent', (f) => received(f, NO_HASH)],
  [
    'health.access received NOT_AUTHORISED other-requester',
    (f) => received(f, f.answered().requestHash, { ...BY.requester, organisation: 'bank-1' }),
  ],
  ['health.access read STATE absent', (f) => read(f)],
  ['health.access read NOT_AUTHORISED other-custodian', (f) => (register(f), read(f, STRANGER))],
  ['health.access read NOT_AUTHORISED other-subject', (f) => (register(f, { subject: NOBODY }), read(f))],
  [
    'health.access read DUPLICATE other-content',
    (f) => (register(f), read(f, BY.hospital, 'k'), read(f, BY.hospital, 'k', 'public-health')),
  ],
  ['health.access resendDigest STATE digest-not-undelivered', (f) => resend(f, f.answered().requestHash)],
  ['health.access resendDigest NOT_AUTHORISED other-custodian', (f) => resend(f, f.answered().requestHash, STRANGER)],
];

const ACCOUNT = (id: string) => `housing.account/accounts/${id}`;
const credit = (f: Flows, account: string, changed: JsonObject = {}) =>
  say(f, 'housing.account credit', BY.centre, { account, amountFen: 5, reference: 'ref-0001', ...changed });
const state = (f: Flows, verb: string, account: string, by: By = BY.centre) => say(f, `housing.account ${verb}`, by, { account });
const ALONE: By = { organisation: 'fund-centre', role: 'centre', coSigners: ['another'] };
const inner = (f: Flows, verb: string, account: string, amountFen = 1) =>
  say(f, `housing.account ${verb}`, INTERNAL, { account, amountFen });

const account: readonly Provocation[] = [
  ['housing.account open DUPLICATE account-open', (f) => (f.account(), say(f, 'housing.account open', BY.centre, { subject: f.member }))],
  ['housing.account credit STATE absent', (f) => credit(f, NOBODY)],
  [
    'housing.account credit STATE wrong-status',
    (f) => {
      const id = f.account();
      state(f, 'seal', id);
      return credit(f, id);
    },
  ],
  [
    'housing.account credit DUPLICATE other-content',
    (f) => {
      const id = f.account();
      credit(f, id);
      return credit(f, id, { amountFen: 6 });
    },
  ],
  ['housing.account credit LIMIT balance', (f) => credit(f, f.account(), { amountFen: Number.MAX_SAFE_INTEGER })],
  ['housing.account seal STATE absent', (f) => state(f, 'seal', NOBODY)],
  ['housing.account seal NOT_AUTHORISED two-persons', (f) => state(f, 'seal', f.account(), ALONE)],
  ['housing.account unseal STATE absent', (f) => state(f, 'unseal', NOBODY)],
  ['housing.account unseal NOT_AUTHORISED two-persons', (f) => state(f, 'unseal', f.account(), ALONE)],
  ['housing.account close STATE absent', (f) => state(f, 'close', NOBODY)],
  [
    'housing.account close NOT_AUTHORISED other-centre',
    (f) => state(f, 'close', f.account(), { organisation: 'x', role: 'centre', coSigners: ['x'] }),
  ],
  ['housing.account close RULE_UNMET balance-left', (f) => state(f, 'close', f.account())],
  ['housing.account close LOCKED reserved', (f, id = f.account()) => (inner(f, 'reserve', id), state(f, 'close', id))],
  [
    'housing.account reserve STATE wrong-status',
    (f) => {
      const id = f.account();
      set(f, ACCOUNT(id), { state: '06' });
      return inner(f, 'reserve', id);
    },
  ],
  ['housing.account reserve RULE_UNMET balance', (f) => inner(f, 'reserve', f.account(), 9_000_000)],
  ['housing.account releaseReserved STATE not-reserved', (f) => inner(f, 'releaseReserved', f.account())],
  ['housing.account settle STATE not-reserved', (f) => inner(f, 'settle', f.account())],
  ['housing.account restore STATE absent', (f) => inner(f, 'restore', NOBODY)],
];

const apply = (f: Flows, changed: JsonObject = {}, id = f.account()) =>
  say(f, 'housing.withdrawal apply', BY.cityPortal, f.applyArgs(id, changed));
const APPLICATION = (view: View) => `housing.withdrawal/applications/${view.application}`;
const cancel = (f: Flows, application: string, by: By = BY.cityPortal) => say(f, 'housing.withdrawal cancel', by, { application });
const ask = (f: Flows, args: JsonObject, by: By = BY.centre) => say(f, 'housing.withdrawal requestView', by, args);
const attach = (f: Flows, view: View, changed: JsonObject = {}) =>
  say(f, 'housing.withdrawal attachView', BY.centre, { ...f.attachArgs(view), ...changed });
const decide = (f: Flows, view: View, by: By = BY.decider) => say(f, 'housing.withdrawal decide', by, f.decideArgs(view));
const pay = (f: Flows, view: View, changed: JsonObject = {}) =>
  say(f, 'housing.withdrawal pay', BY.bank, { ...f.payArgs(view), ...changed });
const recover = (f: Flows, view: View, changed: JsonObject = {}) =>
  say(f, 'housing.withdrawal recover', BY.bank, { ...f.payArgs(view, 'bank-0002'), ...changed });

function answeredNo(f: Flows): View {
  const view = f.answered();
  const { commitment } = committed({ ...ANSWER, answer: false });
  set(f, `housing.withdrawal/views/${view.requestHash}`, { commitment });
  return view;
}
function clawedBack(f: Flows): View {
  const view = f.paid();
  say(f, 'housing.withdrawal clawBack', BY.centre, { application: view.application, reason: 'fraud' });
  return view;
}

const withdrawal: readonly Provocation[] = [
  ['housing.withdrawal apply STATE absent', (f) => apply(f, {}, NOBODY)],
  [
    'housing.withdrawal apply RULE_UNMET no-rules',
    (f) => (set(f, 'city.rulebook/rules/housing', { activations: [] }, 'housing'), apply(f)),
  ],
  ['housing.withdrawal apply RULE_UNMET above-cap', (f) => apply(f, { amountFen: 20_000_000 })],
  ['housing.withdrawal apply RULE_UNMET other-subject', (f) => apply(f, { subject: NOBODY })],
  ['housing.withdrawal apply RULE_UNMET balance', (f) => apply(f, { amountFen: 9_000_000 })],
  [
    'housing.withdrawal apply RULE_UNMET interval',
    (f) => {
      const view = f.paid();
      return apply(f, { amountFen: 1 }, String(f.record('housing', APPLICATION(view))['account']));
    },
  ],
  [
    'housing.withdrawal apply DUPLICATE application-open',
    (f) => {
      const id = f.account();
      apply(f, {}, id);
      return apply(f, { amountFen: 1 }, id);
    },
  ],
  ['housing.withdrawal cancel STATE wrong-status', (f) => cancel(f, f.paid().application)],
  ['housing.withdrawal cancel NOT_AUTHORISED other-applicant', (f) => cancel(f, f.applied(), { organisation: 'bank-1', role: 'portal' })],
  [
    'housing.withdrawal requestView STATE view-running',
    (f) => {
      const view = f.sent();
      return ask(f, f.viewArgs(view.application, { nonce: aHash('second') }));
    },
  ],
  [
    'housing.withdrawal requestView NOT_AUTHORISED other-requester',
    (f) => ask(f, f.viewArgs(f.applied()), { organisation: 'x', role: 'centre' }),
  ],
  [
    'housing.withdrawal requestView RULE_UNMET other-network',
    (f) => ask(f, f.viewArgs(f.applied(), { requesterNetwork: 'yunhai-housing-1' })),
  ],
  ['housing.withdrawal requestView RULE_UNMET other-catalogue', (f) => ask(f, f.viewArgs(f.applied(), { catalogueVersion: 6 }))],
  ['housing.withdrawal requestView RULE_UNMET timeout', (f) => ask(f, { ...f.viewArgs(f.applied()), timeoutUnixMs: f.city.nowUnixMs })],
  [
    'housing.withdrawal requestView DUPLICATE request-sent',
    (f) => {
      const args = f.viewArgs(f.applied());
      ask(f, args);
      return ask(f, args);
    },
  ],
  [
    'housing.withdrawal requestView LIMIT views',
    (f) => {
      const application = f.applied();
      set(f, `housing.withdrawal/applications/${application}`, { views: Array.from({ length: 10 }, () => NO_HASH) });
      return ask(f, f.viewArgs(application));
    },
  ],
  ['housing.withdrawal attachView STATE wrong-status', (f) => attach(f, f.waiting())],
  [
    'housing.withdrawal attachView RULE_UNMET commitment-mismatch',
    (f) => attach(f, f.answered(), { value: { ...ANSWER, amountBand: 'over-200k' } }),
  ],
  ['housing.withdrawal attachView RULE_UNMET answer-no', (f) => attach(f, answeredNo(f), { value: { ...ANSWER, answer: false } })],
  [
    'housing.withdrawal attachView RULE_UNMET amount-above-band',
    (f) => {
      const view = f.answered();
      set(f, APPLICATION(view), { amountFen: 6_000_000 });
      return attach(f, view);
    },
  ],
  [
    'housing.withdrawal attachView RULE_UNMET attestation-revoked',
    (f) => {
      const view = f.answered();
      revoke(f, view.attestation);
      f.city.relay();
      return attach(f, view);
    },
  ],
  [
    'housing.withdrawal attachView DUPLICATE bill-used',
    (f) => {
      const view = f.answered();
      set(f, `housing.withdrawal/bills/${aHash('bill')}`, { application: NOBODY });
      return attach(f, view);
    },
  ],
  ['housing.withdrawal decide STATE wrong-status', (f) => decide(f, f.answered())],
  ['housing.withdrawal decide NOT_AUTHORISED same-actor', (f) => decide(f, f.proven(), BY.centre)],
  [
    'housing.withdrawal decide RULE_UNMET attestation-revoked',
    (f) => {
      const view = f.proven();
      set(f, APPLICATION(view), { revoked: 'fraud' });
      return decide(f, view);
    },
  ],
  ['housing.withdrawal pay STATE wrong-status', (f) => pay(f, f.proven())],
  ['housing.withdrawal pay RULE_UNMET other-amount', (f) => pay(f, f.approved(), { amountFen: 1 })],
  [
    'housing.withdrawal pay RULE_UNMET attestation-revoked',
    (f) => {
      const view = f.approved();
      set(f, APPLICATION(view), { revoked: 'fraud' });
      return pay(f, view);
    },
  ],
  ['housing.withdrawal pay DUPLICATE paid', (f) => pay(f, f.paid(), { bankReference: 'bank-0009' })],
  ['housing.withdrawal pay DUPLICATE other-content', (f) => pay(f, f.paid(), { amountFen: 1 })],
  [
    'housing.withdrawal clawBack STATE wrong-status',
    (f) => say(f, 'housing.withdrawal clawBack', BY.centre, { application: f.approved().application, reason: 'fraud' }),
  ],
  ['housing.withdrawal recover STATE wrong-status', (f) => recover(f, f.paid())],
  ['housing.withdrawal recover RULE_UNMET other-amount', (f) => recover(f, clawedBack(f), { amountFen: 1 })],
  ['housing.withdrawal recover DUPLICATE other-content', (f) => recover(f, clawedBack(f), { bankReference: 'bank-0001', amountFen: 1 })],
];

const deposit = (f: Flows, changed: JsonObject = {}, key = 'deposit') =>
  f.call('courts.evidence deposit', {
    by: BY.party,
    key,
    args: { kind: 'photo', commitment: committed('photo').commitment, capturedUnixMs: f.city.nowUnixMs, device: 'camera-7', ...changed },
  });
const present = (f: Flows, item: string) =>
  say(f, 'courts.evidence present', BY.party, { item, value: { sha256: aHash('edited') }, salt: committed('x', 'photo').salt });
const ofCourt = (f: Flows, verb: string, args: JsonObject) => say(f, `courts.evidence ${verb}`, BY.court, args);

const evidence: readonly Provocation[] = [
  ['courts.evidence deposit RULE_UNMET captured-after-deposit', (f) => deposit(f, { capturedUnixMs: f.city.nowUnixMs + DAY_MS })],
  ['courts.evidence deposit DUPLICATE other-content', (f) => (deposit(f), deposit(f, { kind: 'document' }))],
  ['courts.evidence present STATE absent', (f) => present(f, NOBODY)],
  ['courts.evidence present RULE_UNMET digest-mismatch', (f) => present(f, f.appealed().item)],
  ['courts.evidence challenge STATE wrong-status', (f) => ofCourt(f, 'challenge', { item: f.ruled().item, ground: 'identity' })],
  ['courts.evidence rule STATE wrong-status', (f) => ofCourt(f, 'rule', f.ruleArgs(f.ruled().item))],
  ['courts.evidence resendRuling STATE ruling-not-undelivered', (f) => ofCourt(f, 'resendRuling', { item: f.ruled().item })],
];

const record = (f: Flows, changed: JsonObject = {}) => say(f, 'transport.violation record', BY.police, f.violationArgs(changed));
const review = (f: Flows, verdict = 'confirm', by: By = BY.policeSecond) =>
  say(f, 'transport.violation review', by, { violation: anId('violation'), verdict });

const violation: readonly Provocation[] = [
  ['transport.violation record DUPLICATE other-content', (f) => (record(f), record(f, { article: 7 }))],
  ['transport.violation record RULE_UNMET date-ahead', (f) => record(f, { capturedUnixMs: f.city.nowUnixMs + DAY_MS })],
  ['transport.violation review STATE absent', (f) => review(f)],
  ['transport.violation review STATE wrong-status', (f) => (f.violation(), review(f, 'waive'))],
  ['transport.violation review NOT_AUTHORISED same-actor', (f) => (record(f), review(f, 'confirm', BY.police))],
];

export const domainProvocations: readonly Provocation[] = [
  ...index,
  ...attestation,
  ...healthAccess,
  ...account,
  ...withdrawal,
  ...evidence,
  ...violation,
];

import type { JsonObject } from '@civitas/canon';
import type { Outcome } from '@civitas/contracts';
import { aKeyPair } from '@civitas/testkit';
import { aHash, anId, BY, type Flows } from './flows.ts';

const DAY_MS = 86_400_000;
const NOBODY = anId('nobody');
const NO_HASH = aHash('nobody');

/** One way to provoke one refusal: `contract method CODE reason`, and the operation that meets it. */
export type Provocation = readonly [name: string, run: (flows: Flows) => Outcome];

const say = (flows: Flows, name: string, by: Parameters<Flows['call']>[1]['by'], args: JsonObject, domain?: string): Outcome =>
  flows.call(name, { by, args }, domain);

function set(flows: Flows, key: string, changed: JsonObject, domain = key.slice(0, key.indexOf('.'))): void {
  flows.city.ledger(domain as 'city').edit(key, (record) => ({ ...record, ...changed }));
}

const NETWORK = {
  chainId: 'jincheng-health-1',
  name: 'health',
  domain: 'health',
  city: 'jincheng',
  genesisHash: aHash('genesis'),
  validatorsHash: aHash('validators'),
  predecessor: null,
};
const register = (flows: Flows, changed: JsonObject = {}) => say(flows, 'city.registry register', BY.platform, { ...NETWORK, ...changed });
const other = { ...BY.registrar, coSigners: ['another'] };
const chain = { chainId: NETWORK.chainId };
const confirm = { ...chain, genesisHash: NETWORK.genesisHash };
const revoked = { ...chain, keyId: aHash('key'), reason: 'lost' };

const registry: readonly Provocation[] = [
  ['city.registry register DUPLICATE other-content', (f) => (register(f), register(f, { genesisHash: aHash('other') }))],
  ['city.registry register STATE absent', (f) => register(f, { predecessor: 'jincheng-health-0' })],
  ['city.registry confirm NOT_AUTHORISED two-persons', (f) => say(f, 'city.registry confirm', other, confirm)],
  ['city.registry confirm STATE absent', (f) => say(f, 'city.registry confirm', BY.registrar, confirm)],
  [
    'city.registry confirm RULE_UNMET other-genesis',
    (f) => (register(f), say(f, 'city.registry confirm', BY.registrar, { ...confirm, genesisHash: aHash('other') })),
  ],
  [
    'city.registry tombstone NOT_AUTHORISED two-persons',
    (f) => say(f, 'city.registry tombstone', other, { ...chain, reason: 'compromised' }),
  ],
  ['city.registry tombstone STATE absent', (f) => say(f, 'city.registry tombstone', BY.registrar, { ...chain, reason: 'compromised' })],
  ['city.registry revokeKey NOT_AUTHORISED two-persons', (f) => say(f, 'city.registry revokeKey', other, revoked)],
  ['city.registry revokeKey STATE absent', (f) => say(f, 'city.registry revokeKey', BY.registrar, revoked)],
  [
    'city.registry revokeKey DUPLICATE other-content',
    (f) => (
      register(f),
      say(f, 'city.registry revokeKey', BY.registrar, revoked),
      say(f, 'city.registry revokeKey', BY.registrar, { ...revoked, reason: 'retired' })
    ),
  ],
];

const token = (f: Flows, changed: JsonObject = {}) => ({
  tokenHash: aHash('token'),
  purpose: 'verify-eligibility',
  audience: 'hospital-1',
  ledger: 'jincheng-health-1',
  expiresAtUnixMs: f.city.nowUnixMs + DAY_MS,
  ...changed,
});
const issueToken = (f: Flows, changed: JsonObject = {}) => say(f, 'city.identity issueToken', BY.registrar, token(f, changed));
const redeem = (f: Flows, audience = 'hospital-1') =>
  say(f, 'city.identity redeemToken', BY.registrar, { tokenHash: aHash('token'), audience });
const bind = (f: Flows, args: JsonObject) => say(f, 'city.identity bindKey', BY.registrar, args);
const CITIZEN_KEY = `network.members/keys/${aKeyPair('citizen').keyId}`;

const identity: readonly Provocation[] = [
  [
    'city.identity register DUPLICATE other-content',
    (f) => say(f, 'city.identity register', BY.registrar, { subject: f.subject, custodian: 'bank-1', kind: 'person' }),
  ],
  ['city.identity retire STATE absent', (f) => say(f, 'city.identity retire', BY.registrar, { subject: NOBODY })],
  ['city.identity revokeKey STATE absent', (f) => say(f, 'city.identity revokeKey', BY.registrar, { keyId: NO_HASH })],
  ['city.identity bindKey NOT_AUTHORISED organisation-key', (f) => (set(f, CITIZEN_KEY, {}, 'city'), bind(f, f.binding()))],
  ['city.identity bindKey NOT_AUTHORISED signature-invalid', (f) => bind(f, { ...f.binding(), portal: 'bank-1' })],
  [
    'city.identity bindKey STATE wrong-status',
    (f) => (set(f, `city.identity/subjects/${f.subject}`, { status: 'retired' }), bind(f, f.binding())),
  ],
  ['city.identity bindKey DUPLICATE other-content', (f) => bind(f, f.binding({ portal: 'bank-1' }))],
  ['city.identity bindKey RULE_UNMET class-and-portal', (f) => bind(f, f.binding({ portal: null }))],
  ['city.identity issueToken DUPLICATE other-content', (f) => (issueToken(f), issueToken(f, { audience: 'hospital-2' }))],
  ['city.identity issueToken LIMIT token-life', (f) => issueToken(f, { expiresAtUnixMs: f.city.nowUnixMs + 31 * DAY_MS })],
  ['city.identity issueToken STATE expired', (f) => issueToken(f, { expiresAtUnixMs: f.city.nowUnixMs })],
  ['city.identity redeemToken STATE absent', (f) => redeem(f)],
  ['city.identity redeemToken STATE expired', (f) => (issueToken(f), f.city.advance(DAY_MS), redeem(f))],
  ['city.identity redeemToken DUPLICATE redeemed', (f) => (issueToken(f), redeem(f), redeem(f))],
  ['city.identity redeemToken NOT_AUTHORISED other-audience', (f) => (issueToken(f), redeem(f, 'hospital-2'))],
];

const grant = (f: Flows, changed: JsonObject = {}, signer = aKeyPair('citizen')) =>
  say(f, 'city.consent grant', BY.cityPortal, f.grantArgs(changed, signer));
const withdraw = (f: Flows, consent: string, signer = aKeyPair('citizen')) =>
  say(f, 'city.consent withdraw', BY.cityPortal, f.withdrawalArgs(consent, signer));
const consume = (f: Flows, consent: string, changed: JsonObject = {}, by: Parameters<Flows['call']>[1]['by'] = BY.requester) =>
  say(f, 'city.consent consume', by, { ...f.consumeArgs(consent), ...changed });
const ORGANISATION = aKeyPair('organisation');

/** A view that ended; what its requester shows on city. */
function refundArgs(f: Flows, status = 'denied', altered: JsonObject = {}): JsonObject {
  const view = f.sent();
  set(f, `housing.withdrawal/views/${view.requestHash}`, { status });
  const { proof, record } = f.city.ledger('housing').prove(`housing.withdrawal/views/${view.requestHash}`);
  return { requestHash: view.requestHash, evidence: { ...proof }, record: { ...record, ...altered } };
}
const refund = (f: Flows, args: JsonObject, by: Parameters<Flows['call']>[1]['by'] = BY.requester) =>
  say(f, 'city.consent refund', by, args);
const elsewhere = { organisation: 'hospital-1', role: 'requester' };

const consent: readonly Provocation[] = [
  ['city.consent grant NOT_AUTHORISED unbound-key', (f) => grant(f, { keyId: ORGANISATION.keyId }, ORGANISATION)],
  ['city.consent grant NOT_AUTHORISED signature-invalid', (f) => grant(f, {}, ORGANISATION)],
  ['city.consent grant NOT_AUTHORISED organisation-key', (f) => (set(f, CITIZEN_KEY, {}, 'city'), grant(f))],
  [
    'city.consent grant NOT_AUTHORISED key-revoked',
    (f) => (set(f, `city.identity/keys/${aKeyPair('citizen').keyId}`, { status: 'revoked' }), grant(f)),
  ],
  ['city.consent grant NOT_AUTHORISED portal-takes-part', (f) => grant(f, { requester: 'citizen-portal' })],
  ['city.consent grant NOT_AUTHORISED portal-takes-part', (f) => grant(f, { custodian: 'citizen-portal' })],
  [
    'city.consent grant NOT_AUTHORISED other-portal',
    (f) => say(f, 'city.consent grant', { organisation: 'bank-1', role: 'portal' }, f.grantArgs()),
  ],
  ['city.consent grant RULE_UNMET other-ledger', (f) => grant(f, { chainId: 'yunhai-city-1' })],
  ['city.consent grant RULE_UNMET expired', (f) => grant(f, { expiresAtUnixMs: f.city.nowUnixMs })],
  ['city.consent grant LIMIT consent-life', (f) => grant(f, { expiresAtUnixMs: f.city.nowUnixMs + 400 * DAY_MS })],
  ['city.consent grant STATE subject-not-active', (f) => (set(f, `city.identity/subjects/${f.subject}`, { status: 'retired' }), grant(f))],
  [
    'city.consent grant DUPLICATE other-content',
    (f) => (grant(f), say(f, 'city.consent grant', { organisation: 'bank-1', role: 'portal' }, f.grantArgs())),
  ],
  ['city.consent withdraw NOT_AUTHORISED signature-invalid', (f) => withdraw(f, f.granted(), ORGANISATION)],
  ['city.consent withdraw STATE absent', (f) => withdraw(f, NO_HASH)],
  [
    'city.consent withdraw RULE_UNMET other-ledger',
    (f) => {
      const args = f.withdrawalArgs(f.granted());
      const document = args['withdrawal'] as JsonObject;
      return say(f, 'city.consent withdraw', BY.cityPortal, { ...args, withdrawal: { ...document, chainId: 'yunhai-city-1' } });
    },
  ],
  ['city.consent consume CONSENT_MISSING absent', (f) => consume(f, NO_HASH)],
  [
    'city.consent consume CONSENT_MISSING withdrawn',
    (f) => {
      const id = f.granted();
      withdraw(f, id);
      return consume(f, id);
    },
  ],
  [
    'city.consent consume CONSENT_MISSING expired',
    (f) => {
      const id = f.granted();
      f.city.advance(30 * DAY_MS);
      return consume(f, id);
    },
  ],
  [
    'city.consent consume CONSENT_SPENT uses-used',
    (f) => {
      const id = f.granted();
      consume(f, id);
      return consume(f, id, { requestHash: aHash('second') });
    },
  ],
  [
    'city.consent consume CONSENT_SPENT request-consumed',
    (f) => {
      const id = f.granted({ usesMax: 2 });
      consume(f, id);
      return consume(f, id, { expiresAtUnixMs: f.city.nowUnixMs + DAY_MS });
    },
  ],
  [
    'city.consent consume CONSENT_SPENT request-refunded',
    (f) => {
      const args = refundArgs(f);
      refund(f, args);
      return consume(f, f.granted(), { requestHash: String(args['requestHash']) });
    },
  ],
  ['city.consent consume NOT_AUTHORISED other-requester', (f) => consume(f, f.granted(), {}, elsewhere)],
  [
    'city.consent consume LIMIT consumption-life',
    (f) => {
      const id = f.granted({ expiresAtUnixMs: f.city.nowUnixMs + 300 * DAY_MS });
      return consume(f, id, { expiresAtUnixMs: f.city.nowUnixMs + 31 * DAY_MS });
    },
  ],
  ['city.consent consume RULE_UNMET expiry', (f) => consume(f, f.granted(), { expiresAtUnixMs: f.city.nowUnixMs + 31 * DAY_MS })],
  ['city.consent refund STATE absent', (f) => refund(f, { ...refundArgs(f), requestHash: NO_HASH })],
  ['city.consent refund NOT_AUTHORISED other-requester', (f) => refund(f, refundArgs(f), elsewhere)],
  ['city.consent refund RULE_UNMET no-final-denial', (f) => refund(f, refundArgs(f, 'answered'))],
  [
    'city.consent refund RULE_UNMET other-ledger',
    (f) => {
      const args = refundArgs(f);
      return refund(f, { ...args, evidence: { ...(args['evidence'] as JsonObject), peer: 'jincheng-health-1' } });
    },
  ],
  ['city.consent refund STALE_PROOF not-proven', (f) => refund(f, refundArgs(f, 'waiting', { status: 'denied' }))],
];

function digestOf(f: Flows): string {
  return `jincheng-health-1.${f.answered().requestHash}`;
}
const attribute = (f: Flows, digest: string, subject: string) => say(f, 'city.access attribute', BY.registrar, { digest, subject });
const dispute = (f: Flows, digest: string, changed: JsonObject = {}) =>
  say(f, 'city.access dispute', BY.cityPortal, { ...f.disputeArgs(digest), ...changed });
const explain = (f: Flows, digest: string, by: Parameters<Flows['call']>[1]['by'] = BY.requester) =>
  say(f, 'city.access explain', by, { digest, explanation: 'legal-duty' });

const access: readonly Provocation[] = [
  ['city.access attribute STATE absent', (f) => attribute(f, `jincheng-health-1.${NO_HASH}`, f.subject)],
  ['city.access attribute DUPLICATE attributed', (f) => attribute(f, digestOf(f), NOBODY)],
  ['city.access dispute STATE absent', (f) => dispute(f, `jincheng-health-1.${NO_HASH}`)],
  [
    'city.access dispute STATE wrong-status',
    (f) => {
      const digest = digestOf(f);
      dispute(f, digest);
      return dispute(f, digest);
    },
  ],
  [
    'city.access dispute NOT_AUTHORISED signature-invalid',
    (f) => dispute(f, digestOf(f), { signature: String(f.grantArgs()['signature']) }),
  ],
  [
    'city.access dispute RULE_UNMET other-ledger',
    (f) => {
      const args = f.disputeArgs(digestOf(f));
      return say(f, 'city.access dispute', BY.cityPortal, {
        ...args,
        dispute: { ...(args['dispute'] as JsonObject), chainId: 'yunhai-city-1' },
      });
    },
  ],
  ['city.access explain STATE wrong-status', (f) => explain(f, digestOf(f))],
  [
    'city.access explain NOT_AUTHORISED not-a-party',
    (f) => {
      const digest = digestOf(f);
      dispute(f, digest);
      return explain(f, digest, { organisation: 'hospital-2', role: 'custodian' });
    },
  ],
];

const MAKER = { organisation: 'city-maker', role: 'rulemaker', coSigners: ['city-maker'] };
const rule = (f: Flows, verb: string, args: JsonObject, by: Parameters<Flows['call']>[1]['by'] = MAKER) =>
  say(f, `city.rulebook ${verb}`, by, { ruleSet: 'city', ...args }, 'city');
const VALUES = { calendar: { holidays: [], workdays: [] }, explainDays: 5, consentLifeMsMax: DAY_MS };
const proposed = (f: Flows, version = 2) => rule(f, 'propose', { version, values: VALUES });
const approved = (f: Flows, version = 2) => (proposed(f, version), rule(f, 'approve', { version }));

const rulebook: readonly Provocation[] = [
  ['city.rulebook propose RULE_UNMET other-domain', (f) => rule(f, 'propose', { ruleSet: 'health', version: 2, values: VALUES })],
  ['city.rulebook propose RULE_UNMET values', (f) => rule(f, 'propose', { version: 2, values: {} })],
  ['city.rulebook propose STATE version-gap', (f) => proposed(f, 3)],
  ['city.rulebook propose DUPLICATE other-content', (f) => proposed(f, 1)],
  [
    'city.rulebook approve NOT_AUTHORISED two-persons',
    (f) => (proposed(f), rule(f, 'approve', { version: 2 }, { ...MAKER, coSigners: [] })),
  ],
  [
    'city.rulebook approve NOT_AUTHORISED own-proposal',
    (f) => {
      proposed(f);
      rule(f, 'propose', { version: 3, values: VALUES }, { organisation: 'second-maker', role: 'rulemaker' });
      return rule(f, 'approve', { version: 2 });
    },
  ],
  ['city.rulebook approve STATE absent', (f) => rule(f, 'approve', { version: 9 })],
  ['city.rulebook activate STATE wrong-status', (f) => (proposed(f), rule(f, 'activate', { version: 2, activeFromUnixMs: 0 }))],
  [
    'city.rulebook activate RULE_UNMET retroactive',
    (f) => (approved(f), rule(f, 'activate', { version: 2, activeFromUnixMs: f.city.nowUnixMs - 1 })),
  ],
  [
    'city.rulebook activate RULE_UNMET before-last-activation',
    (f) => {
      approved(f, 2);
      approved(f, 3);
      rule(f, 'activate', { version: 3, activeFromUnixMs: 0 });
      return rule(f, 'activate', { version: 2, activeFromUnixMs: 0 });
    },
  ],
  [
    'city.rulebook activate LIMIT activations',
    (f) => {
      const activations = Array.from({ length: 64 }, () => ({ version: 1, fromUnixMs: 1 }));
      set(f, 'city.rulebook/rules/city', { activations });
      approved(f);
      return rule(f, 'activate', { version: 2, activeFromUnixMs: 0 });
    },
  ],
];

const RECEIPT = '33010126-0000000001';
const CLAIM = { receipt: RECEIPT, claim: anId('claim') };
const issue = (f: Flows, amountFen = 100) =>
  say(f, 'city.fiscal-receipt issue', BY.issuer, { code: '33010126', number: '0000000001', amountFen, cause: anId('cause') });
const claim = (f: Flows, amountFen = 60, id = CLAIM.claim) =>
  say(f, 'city.fiscal-receipt claim', BY.claimant, { ...CLAIM, claim: id, amountFen });
const reverse = (f: Flows, by: Parameters<Flows['call']>[1]['by'] = BY.issuer) =>
  say(f, 'city.fiscal-receipt reverse', by, { receipt: RECEIPT, reason: 'refund' });

const receipts: readonly Provocation[] = [
  ['city.fiscal-receipt issue DUPLICATE other-content', (f) => (issue(f), issue(f, 200))],
  ['city.fiscal-receipt claim STATE absent', (f) => claim(f)],
  ['city.fiscal-receipt claim STATE wrong-status', (f) => (issue(f), reverse(f), claim(f))],
  ['city.fiscal-receipt claim RULE_UNMET over-claimed', (f) => (issue(f), claim(f), claim(f, 41, anId('second')))],
  ['city.fiscal-receipt claim DUPLICATE other-content', (f) => (issue(f), claim(f), claim(f, 1))],
  ['city.fiscal-receipt releaseClaim STATE absent', (f) => say(f, 'city.fiscal-receipt releaseClaim', BY.claimant, CLAIM)],
  [
    'city.fiscal-receipt releaseClaim NOT_AUTHORISED other-claimant',
    (f) => (issue(f), claim(f), say(f, 'city.fiscal-receipt releaseClaim', { organisation: 'bank-1', role: 'claimant' }, CLAIM)),
  ],
  ['city.fiscal-receipt reverse STATE absent', (f) => reverse(f)],
  ['city.fiscal-receipt reverse STATE claimed', (f) => (issue(f), claim(f), reverse(f))],
  ['city.fiscal-receipt reverse NOT_AUTHORISED other-issuer', (f) => (issue(f), reverse(f, { organisation: 'bank-1', role: 'issuer' }))],
];

export const cityProvocations: readonly Provocation[] = [...registry, ...identity, ...consent, ...access, ...rulebook, ...receipts];
export { say, set };

import type { JsonObject } from '@civitas/canon';
import type { Static } from '@sinclair/typebox';
import { absent, no, type RefusedOutcome } from '../../../codes.ts';
import { type Context, type Contract, done, method, type Outcome } from '../../../contract.ts';
import { addLine, envelopeOf, hashOfJson, repeatOf } from '../../../record.ts';
import { Bytes32, fields, Signature, UnixMs } from '../../../schema.ts';
import { checkCitizen } from '../../identity/v1/citizen-signature.ts';
import type { KeyBinding, SubjectRecord } from '../../identity/v1/records.ts';
import { rulesInForce } from '../../rulebook/v1/rules-in-force.ts';
import { GrantDocument, WithdrawalDocument } from './documents.ts';
import { CONSENT_LIFE_MS_MAX, CONSUMPTION_LIFE_MS_MAX } from './limits.ts';
import { consents, consumptions } from './records.ts';
import { refund } from './refund.ts';

type Grant = Static<typeof GrantDocument>;

// The citizen's counterpart may not hold the pen: a portal that asks or answers in the flow could grant to itself.
function checkPortal(ctx: Context, grant: Grant, key: KeyBinding): Outcome | undefined {
  const parties = [grant.requester, grant.custodian];
  if (parties.includes(ctx.caller.organisation) || (key.portal !== '' && parties.includes(key.portal)))
    return no('NOT_AUTHORISED', 'portal-takes-part');
  if (key.class === 'custodial' && key.portal !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-portal');
  return undefined;
}

function checkGrant(ctx: Context, grant: Grant, signature: string): { readonly ok: true; readonly key: KeyBinding } | RefusedOutcome {
  if (grant.chainId !== ctx.chainId) return no('RULE_UNMET', 'other-ledger', { chainId: grant.chainId });
  const lifeMs = grant.expiresAtUnixMs - ctx.timeUnixMs;
  const lifeMsMax = rulesInForce(ctx, 'city', ctx.timeUnixMs)?.values.consentLifeMsMax ?? CONSENT_LIFE_MS_MAX;
  if (lifeMs <= 0) return no('RULE_UNMET', 'expired', { nowUnixMs: ctx.timeUnixMs });
  if (lifeMs > lifeMsMax) return no('LIMIT', 'consent-life', { lifeMsMax });
  const signed = { domain: 'consent', document: grant, keyId: grant.keyId, signature, subject: grant.subject } as const;
  const checked = checkCitizen(ctx, signed);
  if (!checked.ok) return checked;
  const subject = ctx.readOther('city.identity', 'subjects', grant.subject) as SubjectRecord | undefined;
  return subject?.status === 'active' ? checked : no('STATE', 'subject-not-active');
}

const grantMethod = method({
  summary: "Records a consent that carries the citizen's own signature.",
  args: fields({ grant: GrantDocument, signature: Signature }),
  roles: ['portal'],
  refusals: ['NOT_AUTHORISED', 'RULE_UNMET', 'LIMIT', 'STATE', 'DUPLICATE'],
  events: ['ConsentGranted'],
  run(ctx, args) {
    const { grant, signature } = args;
    const id = hashOfJson(ctx.crypto.sha256, 'civitas/consent-id/v1', grant);
    const envelope = envelopeOf(ctx, 'city.consent/consent@v1', { grant });
    const existing = consents.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelope, id);
    const checked = checkGrant(ctx, grant, signature);
    if (!checked.ok) return checked;
    const refusal = checkPortal(ctx, grant, checked.key);
    if (refusal !== undefined) return refusal;
    const history = addLine([], ctx, 'granted');
    consents.put(ctx, id, {
      ...envelope,
      grant,
      signature,
      keyClass: checked.key.class,
      status: 'granted',
      usesLeft: grant.usesMax,
      history,
    });
    ctx.emit('ConsentGranted', { consent: id, subject: grant.subject, purpose: grant.purpose });
    return done({ id });
  },
});

const withdraw = method({
  summary: 'Withdraws a consent from this height on; what was consumed before stays consumed.',
  args: fields({ withdrawal: WithdrawalDocument, signature: Signature }),
  roles: ['portal'],
  refusals: ['NOT_AUTHORISED', 'RULE_UNMET', 'STATE'],
  events: ['ConsentWithdrawn'],
  run(ctx, args) {
    const { withdrawal, signature } = args;
    if (withdrawal.chainId !== ctx.chainId) return no('RULE_UNMET', 'other-ledger', { chainId: withdrawal.chainId });
    const record = consents.find(ctx, withdrawal.consent);
    if (record === undefined) return absent(withdrawal.consent);
    if (record.status === 'withdrawn') return done({ id: withdrawal.consent, unchanged: true });
    const { keyId, subject } = record.grant;
    const checked = checkCitizen(ctx, { domain: 'consent', document: withdrawal, keyId, signature, subject });
    if (!checked.ok) return checked;
    consents.put(ctx, withdrawal.consent, { ...record, status: 'withdrawn', history: addLine(record.history, ctx, 'withdrawn') });
    ctx.emit('ConsentWithdrawn', { consent: withdrawal.consent, subject });
    return done({ id: withdrawal.consent });
  },
});

const consume = method({
  summary: 'Spends one use of a consent on one exact request; its record is what a source verifies.',
  args: fields({ consent: Bytes32, requestHash: Bytes32, expiresAtUnixMs: UnixMs }),
  roles: ['requester'],
  refusals: ['CONSENT_MISSING', 'CONSENT_SPENT', 'NOT_AUTHORISED', 'LIMIT', 'RULE_UNMET'],
  events: ['ConsentConsumed'],
  run(ctx, args) {
    const { requestHash, expiresAtUnixMs } = args;
    const envelope = envelopeOf(ctx, 'city.consent/consumption@v1', args);
    const existing = consumptions.find(ctx, requestHash);
    if (existing?.status === 'refunded') return no('CONSENT_SPENT', 'request-refunded', { requestHash });
    if (existing !== undefined) {
      const repeat = repeatOf(existing, envelope, requestHash);
      return repeat.ok ? repeat : no('CONSENT_SPENT', 'request-consumed', { requestHash });
    }
    const record = consents.find(ctx, args.consent);
    if (record === undefined) return no('CONSENT_MISSING', 'absent', { consent: args.consent });
    const { grant } = record;
    if (record.status !== 'granted') return no('CONSENT_MISSING', 'withdrawn', { consent: args.consent });
    if (grant.expiresAtUnixMs <= ctx.timeUnixMs) return no('CONSENT_MISSING', 'expired', { expiresAtUnixMs: grant.expiresAtUnixMs });
    if (grant.requester !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-requester');
    if (record.usesLeft < 1) return no('CONSENT_SPENT', 'uses-used', { consent: args.consent, usesMax: grant.usesMax });
    const lifeMs = expiresAtUnixMs - ctx.timeUnixMs;
    if (lifeMs <= 0 || expiresAtUnixMs > grant.expiresAtUnixMs) return no('RULE_UNMET', 'expiry', { nowUnixMs: ctx.timeUnixMs });
    if (lifeMs > CONSUMPTION_LIFE_MS_MAX) return no('LIMIT', 'consumption-life', { lifeMsMax: CONSUMPTION_LIFE_MS_MAX });
    const { requester, requesterNetwork, custodian, source, predicate, purpose } = grant;
    const asked = { requester, requesterNetwork, custodian, source, predicate, purpose };
    consumptions.put(ctx, requestHash, { ...envelope, ...asked, consent: args.consent, requestHash, expiresAtUnixMs, status: 'consumed' });
    consents.put(ctx, args.consent, { ...record, usesLeft: record.usesLeft - 1, history: addLine(record.history, ctx, 'consumed') });
    ctx.emit('ConsentConsumed', { consent: args.consent, subject: grant.subject, requestHash });
    return done({ id: requestHash, record: consumptions.find(ctx, requestHash) as JsonObject });
  },
});

/** Consents signed by citizens, and their single uses. */
export const consentV1: Contract = {
  name: 'city.consent',
  version: 'v1',
  summary: 'Consents with the citizen’s signature; consumed once for one exact request, refunded on proof of a final no.',
  methods: { grant: grantMethod, withdraw, consume, refund },
  views: {},
  ports: {},
  collections: {
    consents: { readableBy: ['portal', 'requester', 'registrar'] },
    consumptions: { readableBy: ['portal', 'requester', 'registrar', 'custodian'] },
  },
};

import type { JsonObject } from '@civitas/canon';
import { absent, no, wrongState } from '../../../codes.ts';
import { type Contract, done, method, view } from '../../../contract.ts';
import { PurposeCode } from '../../../purpose.ts';
import { addLine, envelopeOf, repeatOf } from '../../../record.ts';
import { Bytes32, fields, Name, oneOf, orNull, Signature, Subject, UnixMs } from '../../../schema.ts';
import { citizenKeyId, verifiesCitizen } from './citizen-signature.ts';
import { TOKEN_LIFE_MS_MAX } from './limits.ts';
import { keys, subjects, tokens } from './records.ts';

const register = method({
  summary: 'Records a random subject id and the organisation it was made for.',
  args: fields({ subject: Subject, custodian: Name, kind: oneOf('person', 'company', 'device') }),
  roles: ['registrar'],
  refusals: ['DUPLICATE'],
  events: ['SubjectRegistered'],
  run(ctx, args) {
    const envelope = envelopeOf(ctx, 'city.identity/subject@v1', args);
    const existing = subjects.find(ctx, args.subject);
    if (existing !== undefined) return repeatOf(existing, envelope, args.subject);
    const { custodian, kind } = args;
    subjects.put(ctx, args.subject, { ...envelope, custodian, kind, status: 'active', history: addLine([], ctx, 'registered') });
    ctx.emit('SubjectRegistered', { subject: args.subject });
    return done({ id: args.subject });
  },
});

const retire = method({
  summary: 'Ends a subject id; its keys sign nothing more.',
  args: fields({ subject: Subject }),
  roles: ['registrar'],
  refusals: ['STATE'],
  events: ['SubjectRetired'],
  run(ctx, args) {
    const record = subjects.find(ctx, args.subject);
    if (record === undefined) return absent(args.subject);
    if (record.status === 'retired') return done({ id: args.subject, unchanged: true });
    subjects.put(ctx, args.subject, { ...record, status: 'retired', history: addLine(record.history, ctx, 'retired') });
    ctx.emit('SubjectRetired', { subject: args.subject });
    return done({ id: args.subject });
  },
});

const bindKey = method({
  summary: "Binds a citizen's key, which proves itself by signing the binding.",
  args: fields({ subject: Subject, publicKey: Bytes32, class: oneOf('own', 'custodial'), portal: orNull(Name), signature: Signature }),
  roles: ['registrar'],
  refusals: ['NOT_AUTHORISED', 'STATE', 'DUPLICATE', 'RULE_UNMET'],
  events: ['KeyBound'],
  run(ctx, args) {
    const { subject, publicKey, portal, signature } = args;
    if ((args.class === 'custodial') !== (portal !== null)) return no('RULE_UNMET', 'class-and-portal');
    const keyId = citizenKeyId(ctx, publicKey);
    if (ctx.readOther('network.members', 'keys', keyId) !== undefined) return no('NOT_AUTHORISED', 'organisation-key');
    const record = subjects.find(ctx, subject);
    if (record === undefined) return absent(subject);
    if (record.status !== 'active') return wrongState(subject, record.status);
    const document = { chainId: ctx.chainId, class: args.class, portal, publicKey, subject };
    if (!verifiesCitizen(ctx, { domain: 'key-binding', document, publicKey, signature })) return no('NOT_AUTHORISED', 'signature-invalid');
    const envelope = envelopeOf(ctx, 'city.identity/key@v1', document);
    const existing = keys.find(ctx, keyId);
    if (existing !== undefined) return repeatOf(existing, envelope, keyId);
    keys.put(ctx, keyId, { ...envelope, subject, publicKey, class: args.class, portal: portal ?? '', status: 'active' });
    ctx.emit('KeyBound', { subject, keyId, class: args.class });
    return done({ id: keyId });
  },
});

const revokeKey = method({
  summary: "Ends a citizen's key.",
  args: fields({ keyId: Bytes32 }),
  roles: ['registrar'],
  refusals: ['STATE'],
  events: ['KeyRevoked'],
  run(ctx, args) {
    const key = keys.find(ctx, args.keyId);
    if (key === undefined) return absent(args.keyId);
    if (key.status === 'revoked') return done({ id: args.keyId, unchanged: true });
    keys.put(ctx, args.keyId, { ...key, status: 'revoked' });
    ctx.emit('KeyRevoked', { keyId: args.keyId });
    return done({ id: args.keyId });
  },
});

const issueToken = method({
  summary: 'Records the hash of a single-use link token; the token itself stays between gateways.',
  args: fields({ tokenHash: Bytes32, purpose: PurposeCode, audience: Name, ledger: Name, expiresAtUnixMs: UnixMs }),
  roles: ['registrar'],
  refusals: ['DUPLICATE', 'LIMIT', 'STATE'],
  events: ['TokenIssued'],
  run(ctx, args) {
    const envelope = envelopeOf(ctx, 'city.identity/token@v1', args);
    const existing = tokens.find(ctx, args.tokenHash);
    if (existing !== undefined) return repeatOf(existing, envelope, args.tokenHash);
    const lifeMs = args.expiresAtUnixMs - ctx.timeUnixMs;
    if (lifeMs <= 0) return no('STATE', 'expired', { nowUnixMs: ctx.timeUnixMs });
    if (lifeMs > TOKEN_LIFE_MS_MAX) return no('LIMIT', 'token-life', { lifeMsMax: TOKEN_LIFE_MS_MAX });
    const { purpose, audience, ledger, expiresAtUnixMs } = args;
    tokens.put(ctx, args.tokenHash, { ...envelope, purpose, audience, ledger, expiresAtUnixMs, redeemed: false, redeemedAtUnixMs: 0 });
    ctx.emit('TokenIssued', { tokenHash: args.tokenHash, audience });
    return done({ id: args.tokenHash });
  },
});

const redeemToken = method({
  summary: 'Marks a link token used by its audience; once.',
  args: fields({ tokenHash: Bytes32, audience: Name }),
  roles: ['registrar'],
  refusals: ['STATE', 'DUPLICATE', 'NOT_AUTHORISED'],
  events: ['TokenRedeemed'],
  run(ctx, args) {
    const token = tokens.find(ctx, args.tokenHash);
    if (token === undefined) return absent(args.tokenHash);
    if (token.audience !== args.audience) return no('NOT_AUTHORISED', 'other-audience', { audience: args.audience });
    if (token.redeemed) return no('DUPLICATE', 'redeemed', { record: args.tokenHash });
    if (token.expiresAtUnixMs <= ctx.timeUnixMs) return no('STATE', 'expired', { expiresAtUnixMs: token.expiresAtUnixMs });
    tokens.put(ctx, args.tokenHash, { ...token, redeemed: true, redeemedAtUnixMs: ctx.timeUnixMs });
    ctx.emit('TokenRedeemed', { tokenHash: args.tokenHash, audience: args.audience });
    return done({ id: args.tokenHash });
  },
});

const findKey = view({
  summary: 'A bound key by its id.',
  args: fields({ keyId: Bytes32 }),
  roles: ['registrar', 'portal', 'requester', 'custodian'],
  run(ctx, args) {
    const key = keys.find(ctx, args.keyId);
    return key === undefined ? absent(args.keyId) : done(key as JsonObject);
  },
});

/** Subject ids, citizens' keys and link tokens; nothing here names a person. */
export const identityV1: Contract = {
  name: 'city.identity',
  version: 'v1',
  summary: 'Random subject ids per custodian, bound citizen keys, single-use link tokens.',
  methods: { register, retire, bindKey, revokeKey, issueToken, redeemToken },
  views: { findKey },
  ports: {},
  collections: {
    subjects: { readableBy: ['registrar', 'portal'] },
    keys: { readableBy: ['registrar', 'portal', 'requester', 'custodian'] },
    tokens: { readableBy: ['registrar', 'portal', 'requester', 'custodian'] },
  },
};

import { rulesInForce } from '../../../city/rulebook/v1/rules-in-force.ts';
import { absent, no, type RefusedOutcome, wrongState } from '../../../codes.ts';
import { type Context, type Contract, done, method, port } from '../../../contract.ts';
import { PACKET_LIFE_MS } from '../../../limits.ts';
import { PredicateCode } from '../../../purpose.ts';
import { addLine, envelopeOf, newId, repeatOf } from '../../../record.ts';
import { Bytes32, Commitment, fields, Id, integer, Name, oneOf, Subject } from '../../../schema.ts';
import { VaultReference } from '../../index/v1/document.ts';
import { USES_MAX } from './limits.ts';
import { type Attestation, attestations, bills } from './records.ts';

const attest = method({
  summary: 'First of two clinicians: a predicate about a subject, as a commitment.',
  args: fields({
    predicate: PredicateCode,
    catalogueVersion: integer(1, 1_000_000),
    subject: Subject,
    resultCommitment: Commitment,
    billNullifier: Bytes32,
    reference: VaultReference,
  }),
  roles: ['custodian'],
  refusals: ['DUPLICATE', 'RULE_UNMET'],
  events: ['Attested'],
  run(ctx, args) {
    const id = newId(ctx, 'health.attestation/attestations');
    const envelope = envelopeOf(ctx, 'health.attestation/attestation@v1', args);
    const existing = attestations.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelope, id);
    const newest = rulesInForce(ctx, 'health', ctx.timeUnixMs)?.values.catalogueVersion;
    if (newest === undefined) return no('RULE_UNMET', 'no-rules');
    if (args.catalogueVersion > newest) return no('RULE_UNMET', 'catalogue-unknown', { catalogueVersion: newest });
    const bill = bills.find(ctx, args.billNullifier);
    if (bill !== undefined && attestations.find(ctx, bill.attestation)?.status !== 'revoked')
      return no('DUPLICATE', 'bill-attested', { billNullifier: args.billNullifier });
    const fresh = { status: 'attested', confirmedBy: '', confirmedUnixMs: 0, uses: [], history: addLine([], ctx, 'attested') } as const;
    attestations.put(ctx, id, { ...envelope, ...args, ...fresh });
    bills.put(ctx, args.billNullifier, { attestation: id });
    ctx.emit('Attested', { attestation: id, predicate: args.predicate });
    return done({ id });
  },
});

function findOwn(ctx: Context, id: string): { readonly ok: true; readonly record: Attestation } | RefusedOutcome {
  const record = attestations.find(ctx, id);
  if (record === undefined) return absent(id);
  return record.owner === ctx.caller.organisation ? { ok: true, record } : no('NOT_AUTHORISED', 'other-custodian', { record: id });
}

const confirm = method({
  summary: 'Second clinician of the same custodian confirms.',
  args: fields({ attestation: Id }),
  roles: ['custodian'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['AttestationConfirmed'],
  run(ctx, args) {
    const found = findOwn(ctx, args.attestation);
    if (!found.ok) return found;
    const { record } = found;
    if (record.actor === ctx.caller.actor) return no('NOT_AUTHORISED', 'same-actor');
    if (record.status === 'confirmed') return done({ id: args.attestation, unchanged: true });
    if (record.status !== 'attested') return wrongState(args.attestation, record.status);
    attestations.put(ctx, args.attestation, {
      ...record,
      status: 'confirmed',
      confirmedBy: ctx.caller.actor,
      confirmedUnixMs: ctx.timeUnixMs,
      history: addLine(record.history, ctx, 'confirmed'),
    });
    ctx.emit('AttestationConfirmed', { attestation: args.attestation });
    return done({ id: args.attestation });
  },
});

const revoke = method({
  summary: 'Revokes an attestation and tells every ledger that relied on it.',
  args: fields({ attestation: Id, reason: oneOf('entered-in-error', 'diagnosis-changed', 'fraud') }),
  roles: ['custodian'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['AttestationRevoked'],
  run(ctx, args) {
    const found = findOwn(ctx, args.attestation);
    if (!found.ok) return found;
    const { record } = found;
    if (record.status === 'revoked') return done({ id: args.attestation, unchanged: true });
    for (const use of record.uses) {
      const value = { kind: 'attestation-revoked', requestHash: use.requestHash, reason: args.reason };
      const sent = ctx.send({
        destination: use.network,
        timeoutUnixMs: ctx.timeUnixMs + PACKET_LIFE_MS,
        payloads: [{ port: use.port, version: 'v1', encoding: 'json', value }],
      });
      if (!sent.ok) return sent;
    }
    attestations.put(ctx, args.attestation, { ...record, status: 'revoked', history: addLine(record.history, ctx, args.reason) });
    ctx.emit('AttestationRevoked', { attestation: args.attestation, reason: args.reason, uses: record.uses.length });
    return done({ id: args.attestation, uses: record.uses.length });
  },
});

const use = method({
  summary: 'Notes that an answer relied on an attestation (called by health.access alone).',
  args: fields({ attestation: Id, requestHash: Bytes32, network: Name, port: Name }),
  roles: [],
  refusals: ['STATE', 'LIMIT'],
  events: [],
  run(ctx, args) {
    const record = attestations.find(ctx, args.attestation);
    if (record === undefined) return absent(args.attestation);
    if (record.status !== 'confirmed') return wrongState(args.attestation, record.status);
    if (record.uses.length >= USES_MAX) return no('LIMIT', 'uses', { usesMax: USES_MAX });
    const { requestHash, network } = args;
    attestations.put(ctx, args.attestation, { ...record, uses: [...record.uses, { requestHash, network, port: args.port }] });
    return done({});
  },
});

const notices = port({
  version: 'v1',
  payload: fields({ kind: oneOf('attestation-revoked'), requestHash: Bytes32, reason: Name }),
  timedOut(ctx, sent, value) {
    // The notice is not lost: whoever watches sees that a ledger has not heard of the revocation.
    ctx.emit('RevocationUndelivered', { destination: sent.packet.destination, requestHash: value.requestHash });
  },
});

/** Predicates attested by two clinicians; raw codes stay with the custodian. */
export const attestationV1: Contract = {
  name: 'health.attestation',
  version: 'v1',
  summary: 'Answers to predicates as commitments, attested by two clinicians, revocable.',
  methods: { attest, confirm, revoke, use },
  views: {},
  ports: { v1: notices },
  collections: { attestations: { readableBy: ['custodian', 'reviewer'] }, bills: { readableBy: ['custodian', 'reviewer'] } },
};

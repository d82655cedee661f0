import type { JsonObject } from '@civitas/canon';
import { Type } from '@sinclair/typebox';
import { absent, no } from '../../../codes.ts';
import { done, type ForeignProof, method, refused } from '../../../contract.ts';
import { addLine } from '../../../record.ts';
import { Bytes32, fields, Proof } from '../../../schema.ts';
import { consents, consumptions } from './records.ts';

/** Final answers of the asking ledger's own view record that give a consent back. */
const FINAL_NO = ['denied', 'timed-out', 'past-due'];

/**
 * Refunds on the proven view record of the ledger that asked. That ledger's contract sends one packet for one request hash, ever, and
 * its record turns final only on a proven acknowledgement or a proven timeout: so no later packet can carry the refunded proof.
 */
export const refund = method({
  summary: 'Gives a use back on proof that the request ended without an answer; the request hash stays dead.',
  args: fields({
    requestHash: Bytes32,
    evidence: Proof,
    record: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { privacy: 'public' }),
  }),
  roles: ['requester'],
  refusals: ['STATE', 'NOT_AUTHORISED', 'RULE_UNMET', 'STALE_PROOF'],
  events: ['ConsentRefunded'],
  run(ctx, args) {
    const { requestHash, evidence } = args;
    const record = args.record as JsonObject;
    const consumption = consumptions.find(ctx, requestHash);
    if (consumption === undefined) return absent(requestHash);
    if (consumption.requester !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-requester');
    if (consumption.status === 'refunded') return done({ id: requestHash, unchanged: true });
    if (evidence.peer !== consumption.requesterNetwork) return no('RULE_UNMET', 'other-ledger', { peer: evidence.peer });
    const status = record['status'];
    if (record['requestHash'] !== requestHash || typeof status !== 'string' || !FINAL_NO.includes(status))
      return no('RULE_UNMET', 'no-final-denial', { requestHash });
    const proven = ctx.verifyForeign(evidence as ForeignProof, `housing.withdrawal/views/${requestHash}`, record);
    // The header may only not be here yet: then the caller is to wait for it, not to give up.
    if (!proven.ok) return refused('STALE_PROOF', { reason: 'not-proven', code: proven.refusal.code }, proven.refusal.then);
    const consent = consents.find(ctx, consumption.consent);
    if (consent === undefined) return absent(consumption.consent);
    consumptions.put(ctx, requestHash, { ...consumption, status: 'refunded' });
    consents.put(ctx, consumption.consent, {
      ...consent,
      usesLeft: consent.usesLeft + 1,
      history: addLine(consent.history, ctx, `refunded-${status}`),
    });
    ctx.emit('ConsentRefunded', { consent: consumption.consent, subject: consent.grant.subject, requestHash });
    return done({ id: requestHash });
  },
});

import type { JsonObject } from '@civitas/canon';
import { chainIdOf } from '../../../chain-id-of.ts';
import type { Context, Outcome } from '../../../contract.ts';
import { PACKET_LIFE_MS } from '../../../limits.ts';
import type { PayloadAcknowledgement } from '../../../packet.ts';
import { type AccessRecord, records } from './records.ts';

/** Sends the citizen's entry of an access record to city. @returns the runtime's refusal when the link takes no packet. */
export function sendDigest(ctx: Context, id: string, record: AccessRecord): Outcome | undefined {
  const { custodian, requester, requesterNetwork, purpose, basis, what, atUnixMs, disclosure, visibleFromUnixMs } = record;
  const subjectHint = {
    requestHash: record.requestHash === '' ? null : record.requestHash,
    handle: record.handle === '' ? null : record.handle,
  };
  const shown = { custodian, requester, requesterNetwork, purpose, basis, what, atUnixMs, disclosure, visibleFromUnixMs };
  const value = { kind: 'digest', record: id, ...subjectHint, ...shown };
  const sent = ctx.send({
    destination: chainIdOf(ctx, 'city'),
    timeoutUnixMs: ctx.timeUnixMs + PACKET_LIFE_MS,
    payloads: [{ port: 'city.access', version: 'v1', encoding: 'json', value }],
    purpose,
    basis,
  });
  return sent.ok ? undefined : sent;
}

function setDigest(ctx: Context, value: JsonObject, digest: AccessRecord['digest']): void {
  const id = String(value['record']);
  const record = records.find(ctx, id);
  if (record === undefined || record.digest === 'acknowledged') return;
  records.put(ctx, id, { ...record, digest });
  if (digest === 'undelivered') ctx.emit('DigestUndelivered', { record: id });
}

/** City has the entry, or has refused it: then the record says so and the custodian can send again. */
export function digestAnswered(ctx: Context, value: JsonObject, answer: PayloadAcknowledgement): void {
  if (answer.status !== 'deferred') setDigest(ctx, value, answer.status === 'ok' ? 'acknowledged' : 'undelivered');
}

export function digestTimedOut(ctx: Context, value: JsonObject): void {
  setDigest(ctx, value, 'undelivered');
}

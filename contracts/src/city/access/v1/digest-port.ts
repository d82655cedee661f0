import { domainOf } from '../../../chain-id-of.ts';
import { no } from '../../../codes.ts';
import { type Context, port } from '../../../contract.ts';
import { acknowledgementOfRefusal } from '../../../packet.ts';
import { addLine, envelopeOf } from '../../../record.ts';
import type { ConsentRecord, Consumption } from '../../consent/v1/records.ts';
import { DigestPayload } from './digest-payload.ts';
import { bySubject, bySubjectId, type Digest, digests } from './records.ts';

/** Contracts that write access records, by domain; no other may fill a citizen's list. */
const ACCESS_CONTRACTS: Readonly<Record<string, string>> = { health: 'health.access' };

// Only city maps a request to a person: the domain that answered never learns the city subject.
function subjectOf(ctx: Context, requestHash: string | null): string {
  if (requestHash === null) return '';
  const consumption = ctx.readOther('city.consent', 'consumptions', requestHash) as Consumption | undefined;
  if (consumption === undefined) return '';
  const consent = ctx.readOther('city.consent', 'consents', consumption.consent) as ConsentRecord | undefined;
  return consent?.grant.subject ?? '';
}

export const digestPort = port({
  version: 'v1',
  payload: DigestPayload,
  receive(ctx, received, entry) {
    const { source } = received.packet;
    const refusal = no('NOT_AUTHORISED', 'not-an-access-contract', { source, sourcePort: received.sourcePort }).refusal;
    if (ACCESS_CONTRACTS[domainOf(source)] !== received.sourcePort) return acknowledgementOfRefusal(refusal);
    const id = `${source}.${entry.record}`;
    // A digest sent again after a lost acknowledgement is the same entry.
    if (digests.find(ctx, id) !== undefined) return { status: 'ok', value: { digest: id } };
    const subject = subjectOf(ctx, entry.requestHash);
    const digest: Digest = {
      ...envelopeOf(ctx, 'city.access/digest@v1', entry),
      id,
      source,
      entry,
      subject,
      dispute: 'none',
      ground: '',
      disputedBy: '',
      explanation: '',
      explainDueUnixMs: 0,
      history: addLine([], ctx, 'received'),
    };
    digests.put(ctx, id, digest);
    if (subject !== '') bySubject.put(ctx, bySubjectId(subject, digest), { digest: id });
    ctx.emit('AccessSeen', { digest: id, subject });
    return { status: 'ok', value: { digest: id } };
  },
});

import { chainIdOf } from '../../../chain-id-of.ts';
import type { RefusedOutcome } from '../../../codes.ts';
import { absent, no } from '../../../codes.ts';
import { type Context, port } from '../../../contract.ts';
import { RulingPayload } from '../../../courts/evidence/v1/ruling-payload.ts';
import { acknowledgementOfRefusal, type PayloadAcknowledgement } from '../../../packet.ts';
import { eventOf } from './case-event.ts';
import { sendReceipt } from './pay.ts';
import { type Fine, fines } from './records.ts';

type Sent = { readonly kind?: unknown; readonly fine?: unknown; readonly cause?: unknown };

function refusalAnswer(outcome: RefusedOutcome): PayloadAcknowledgement {
  return acknowledgementOfRefusal(outcome.refusal);
}

function waived(fine: Fine): Fine {
  if (fine.paidFen === 0) return { ...fine, appeal: 'waived', status: 'waived' };
  const issued = fine.receiptStatus === 'sent' || fine.receiptStatus === 'issued';
  const receiptStatus = issued ? 'reversal-sent' : fine.receiptStatus;
  return { ...fine, appeal: 'waived', status: 'refund-due', receiptStatus };
}

/** What became of a packet: the receipt or the appeal. A lost one can be sent again. */
function heard(ctx: Context, sent: Sent, answer: PayloadAcknowledgement | undefined): void {
  const id = String(sent.kind === 'appeal' ? sent.fine : sent.cause);
  const fine = fines.find(ctx, id);
  if (fine === undefined || answer?.status === 'deferred') return;
  const ok = answer?.status === 'ok';
  if (sent.kind === 'appeal') {
    if (fine.appeal !== 'court') return;
    const item = answer?.status === 'ok' ? String(answer.value['item'] ?? '') : '';
    fines.put(ctx, id, ok ? { ...fine, courtItem: item } : { ...fine, appeal: 'undelivered' });
    ctx.emit(ok ? 'AppealDeposited' : 'AppealUndelivered', { fine: id });
    return;
  }
  const issued = sent.kind === 'issue';
  const receiptStatus = issued ? (ok ? 'issued' : 'refused') : ok ? 'reversed' : 'reversal-refused';
  // A reversal may be on its way before the issue is acknowledged; the later step keeps the word.
  if (issued && fine.receiptStatus !== 'sent') return;
  fines.put(ctx, id, { ...fine, receiptStatus });
  ctx.emit('ReceiptChanged', { fine: id, receiptStatus, code: answer?.status === 'error' ? answer.code : '' });
}

export const rulingPort = port({
  version: 'v1',
  payload: RulingPayload,
  receive(ctx, received, ruling) {
    const { source } = received.packet;
    if (source !== chainIdOf(ctx, 'courts') || received.sourcePort !== 'courts.evidence')
      return refusalAnswer(no('NOT_AUTHORISED', 'not-the-court', { source, sourcePort: received.sourcePort }));
    const fine = fines.find(ctx, ruling.fine);
    if (fine === undefined) return refusalAnswer(absent(ruling.fine));
    if (fine.appeal !== 'court') return refusalAnswer(no('STATE', 'no-appeal', { record: ruling.fine, appeal: fine.appeal }));
    const decided: Fine = ruling.outcome === 'waive' ? waived(fine) : { ...fine, appeal: 'upheld' };
    const event = eventOf(ctx, `ruled-${ruling.outcome}`, { fine: ruling.fine, eventId: ruling.item, onUnixMs: ctx.timeUnixMs });
    if (decided.receiptStatus === 'reversal-sent') {
      const unsent = sendReceipt(ctx, ruling.fine, { kind: 'reverse', fine });
      if (unsent !== undefined && !unsent.ok) return acknowledgementOfRefusal(unsent.refusal);
    }
    fines.put(ctx, ruling.fine, { ...decided, courtItem: ruling.item, events: [...fine.events, event] });
    ctx.emit('FineChanged', { fine: ruling.fine, event: event.event, status: decided.status });
    return { status: 'ok', value: { fine: ruling.fine, status: decided.status } };
  },
  acknowledged: (ctx, _sent, value, answer) => heard(ctx, value as Sent, answer),
  timedOut: (ctx, _sent, value) => heard(ctx, value as Sent, undefined),
});

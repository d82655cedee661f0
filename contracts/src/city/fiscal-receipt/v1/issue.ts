import { absent, no } from '../../../codes.ts';
import { type Context, done, type Outcome } from '../../../contract.ts';
import { addLine, envelopeOf, repeatOf } from '../../../record.ts';
import { receipts } from './records.ts';

export type Issue = { readonly code: string; readonly number: string; readonly amountFen: number; readonly cause: string };
export type Issuer = { readonly issuer: string; readonly issuerNetwork: string };

/** Writes a receipt; code and number are unique, and the same issue again changes nothing. */
export function issueReceipt(ctx: Context, issue: Issue, by: Issuer): Outcome {
  const id = `${issue.code}-${issue.number}`;
  const envelope = { ...envelopeOf(ctx, 'city.fiscal-receipt/receipt@v1', { ...issue, ...by }), owner: by.issuer };
  const existing = receipts.find(ctx, id);
  if (existing !== undefined) return repeatOf(existing, envelope, id);
  receipts.put(ctx, id, { ...envelope, ...issue, ...by, claimedFen: 0, status: 'issued', history: addLine([], ctx, 'issued') });
  ctx.emit('ReceiptIssued', { receipt: id, amountFen: issue.amountFen });
  return done({ receipt: id });
}

/** Reverses a receipt of the same issuer. Blocked while any of it is claimed: the claim is unwound first. */
export function reverseReceipt(ctx: Context, id: string, by: Issuer): Outcome {
  const receipt = receipts.find(ctx, id);
  if (receipt === undefined) return absent(id);
  if (receipt.issuer !== by.issuer || receipt.issuerNetwork !== by.issuerNetwork)
    return no('NOT_AUTHORISED', 'other-issuer', { record: id });
  if (receipt.status === 'reversed') return done({ receipt: id, unchanged: true });
  if (receipt.claimedFen > 0) return no('STATE', 'claimed', { record: id, claimedFen: receipt.claimedFen });
  receipts.put(ctx, id, { ...receipt, status: 'reversed', history: addLine(receipt.history, ctx, 'reversed') });
  ctx.emit('ReceiptReversed', { receipt: id });
  return done({ receipt: id });
}

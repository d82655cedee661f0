import { Type } from '@sinclair/typebox';
import { absent, no, wrongState } from '../../../codes.ts';
import { type Contract, done, method, view } from '../../../contract.ts';
import { addLine, envelopeOf, repeatOf } from '../../../record.ts';
import { fields, Id, oneOf, optional, PositiveFen } from '../../../schema.ts';
import { issueReceipt, reverseReceipt } from './issue.ts';
import { receiptPort } from './receipt-port.ts';
import { claims, ReceiptId, receipts } from './records.ts';

const Code = Type.String({ pattern: '^[0-9]{8}$', maxLength: 8, privacy: 'public' });
const Number10 = Type.String({ pattern: '^[0-9]{10}$', maxLength: 10, privacy: 'public' });

const issue = method({
  summary: 'Issues a receipt for a payment recorded off this ledger.',
  args: fields({ code: Code, number: Number10, amountFen: PositiveFen, cause: Id }),
  roles: ['issuer'],
  refusals: ['DUPLICATE'],
  events: ['ReceiptIssued'],
  run: (ctx, args) => issueReceipt(ctx, args, { issuer: ctx.caller.organisation, issuerNetwork: ctx.chainId }),
});

const claim = method({
  summary: 'Books part of a receipt as an expense; all claims together never exceed its amount.',
  args: fields({ receipt: ReceiptId, claim: Id, amountFen: PositiveFen }),
  roles: ['claimant'],
  refusals: ['STATE', 'RULE_UNMET', 'DUPLICATE'],
  events: ['ReceiptClaimed'],
  run(ctx, args) {
    const receipt = receipts.find(ctx, args.receipt);
    if (receipt === undefined) return absent(args.receipt);
    const id = `${args.receipt}.${args.claim}`;
    const envelope = envelopeOf(ctx, 'city.fiscal-receipt/claim@v1', args);
    const existing = claims.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelope, id);
    if (receipt.status !== 'issued') return wrongState(args.receipt, receipt.status);
    const claimedFen = receipt.claimedFen + args.amountFen;
    if (claimedFen > receipt.amountFen)
      return no('RULE_UNMET', 'over-claimed', { amountFen: receipt.amountFen, claimedFen: receipt.claimedFen });
    claims.put(ctx, id, { ...envelope, receipt: args.receipt, amountFen: args.amountFen, status: 'claimed' });
    receipts.put(ctx, args.receipt, { ...receipt, claimedFen, history: addLine(receipt.history, ctx, 'claimed') });
    ctx.emit('ReceiptClaimed', { receipt: args.receipt, amountFen: args.amountFen });
    return done({ id });
  },
});

const releaseClaim = method({
  summary: 'Unwinds a claim, by the claimant that made it.',
  args: fields({ receipt: ReceiptId, claim: Id }),
  roles: ['claimant'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['ClaimReleased'],
  run(ctx, args) {
    const id = `${args.receipt}.${args.claim}`;
    const record = claims.find(ctx, id);
    const receipt = receipts.find(ctx, args.receipt);
    if (record === undefined || receipt === undefined) return absent(id);
    if (record.owner !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-claimant', { record: id });
    if (record.status === 'released') return done({ id, unchanged: true });
    claims.put(ctx, id, { ...record, status: 'released' });
    const claimedFen = receipt.claimedFen - record.amountFen;
    receipts.put(ctx, args.receipt, { ...receipt, claimedFen, history: addLine(receipt.history, ctx, 'claim-released') });
    ctx.emit('ClaimReleased', { receipt: args.receipt, amountFen: record.amountFen });
    return done({ id });
  },
});

const reverse = method({
  summary: 'Reverses a receipt that the caller issued; blocked while claimed.',
  args: fields({ receipt: ReceiptId, reason: oneOf('refund', 'issued-in-error') }),
  roles: ['issuer'],
  refusals: ['STATE', 'NOT_AUTHORISED'],
  events: ['ReceiptReversed'],
  run: (ctx, args) => reverseReceipt(ctx, args.receipt, { issuer: ctx.caller.organisation, issuerNetwork: ctx.chainId }),
});

const verify = view({
  summary: 'Whether a receipt stands, for anyone who has its code and number.',
  args: fields({ receipt: ReceiptId, amountFen: optional(PositiveFen) }),
  roles: ['*'],
  run(ctx, args) {
    const receipt = receipts.find(ctx, args.receipt);
    if (receipt === undefined) return done({ valid: false, status: 'absent' });
    const valid = receipt.status === 'issued' && (args.amountFen === undefined || args.amountFen === receipt.amountFen);
    return done({ valid, status: receipt.status, claimedFen: receipt.claimedFen });
  },
});

/** Electronic fiscal receipts: one for each payment, claimed at most once over, reversed only when unclaimed. */
export const fiscalReceiptV1: Contract = {
  name: 'city.fiscal-receipt',
  version: 'v1',
  summary: 'Electronic fiscal receipts with their claims and reversals.',
  methods: { issue, claim, releaseClaim, reverse },
  views: { verify },
  ports: { v1: receiptPort },
  collections: { receipts: { readableBy: 'members' }, claims: { readableBy: 'members' } },
};

import { isJsonObject, type JsonObject } from '@civitas/canon';
import { chainIdOf } from '../../../chain-id-of.ts';
import { no } from '../../../codes.ts';
import { port } from '../../../contract.ts';
import { acknowledgementOfRefusal } from '../../../packet.ts';
import { fields, Id, oneOf, PositiveFen } from '../../../schema.ts';
import { issueReceipt, reverseReceipt } from './issue.ts';
import { ReceiptId } from './records.ts';

/** What a fining ledger asks of a receipt. */
export const ReceiptPayload = fields({ kind: oneOf('issue', 'reverse'), receipt: ReceiptId, amountFen: PositiveFen, cause: Id });

const EMPTY: JsonObject = {};

export const receiptPort = port({
  version: 'v1',
  payload: ReceiptPayload,
  receive(ctx, received, value) {
    const issuerNetwork = received.packet.source;
    const issuer = received.sourcePort;
    if (issuerNetwork !== chainIdOf(ctx, 'transport') || issuer !== 'transport.fine')
      return acknowledgementOfRefusal(no('NOT_AUTHORISED', 'not-an-issuer', { source: issuerNetwork, sourcePort: issuer }).refusal);
    const [code = '', number = ''] = value.receipt.split('-');
    const { amountFen, cause } = value;
    const by = { issuer, issuerNetwork };
    const outcome =
      value.kind === 'issue' ? issueReceipt(ctx, { code, number, amountFen, cause }, by) : reverseReceipt(ctx, value.receipt, by);
    if (!outcome.ok) return acknowledgementOfRefusal(outcome.refusal);
    return { status: 'ok', value: isJsonObject(outcome.result) ? outcome.result : EMPTY };
  },
});

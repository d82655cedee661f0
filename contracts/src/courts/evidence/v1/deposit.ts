import { base64urlDecode, base64urlEncode } from '@civitas/canon';
import { chainIdOf } from '../../../chain-id-of.ts';
import { no } from '../../../codes.ts';
import { type Context, done, method, port } from '../../../contract.ts';
import { DATE_AHEAD_MS_MAX } from '../../../limits.ts';
import { acknowledgementOfRefusal, type PayloadAcknowledgement } from '../../../packet.ts';
import { addLine, type Envelope, envelopeOf, hashOfJson, newId, repeatOf } from '../../../record.ts';
import { Commitment, fields, Name, oneOf, UnixMs } from '../../../schema.ts';
import { AppealPayload } from './appeal-payload.ts';
import { type EvidenceItem, items } from './records.ts';

type Captured = Pick<EvidenceItem, 'kind' | 'sourceNetwork' | 'fine' | 'commitment' | 'device' | 'capturedUnixMs'>;

function depositItem(ctx: Context, id: string, envelope: Envelope, captured: Captured): void {
  const fresh = { status: 'deposited', grounds: [], outcome: '', reasons: [], ruledBy: '', ruling: 'none' } as const;
  const custody = addLine([], ctx, 'deposited');
  items.put(ctx, id, { ...envelope, ...captured, ...fresh, depositedUnixMs: ctx.timeUnixMs, custody });
  ctx.emit('Deposited', { item: id, kind: captured.kind });
}

export const deposit = method({
  summary: 'A party deposits evidence by its commitment; never changed after.',
  args: fields({ kind: oneOf('photo', 'document', 'measurement'), commitment: Commitment, capturedUnixMs: UnixMs, device: Name }),
  roles: ['party', 'court'],
  refusals: ['RULE_UNMET', 'DUPLICATE'],
  events: ['Deposited'],
  run(ctx, args) {
    const id = newId(ctx, 'courts.evidence/items');
    const envelope = envelopeOf(ctx, 'courts.evidence/item@v1', args);
    const existing = items.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelope, id);
    if (args.capturedUnixMs > ctx.timeUnixMs + DATE_AHEAD_MS_MAX)
      return no('RULE_UNMET', 'captured-after-deposit', { nowUnixMs: ctx.timeUnixMs });
    depositItem(ctx, id, envelope, { ...args, sourceNetwork: ctx.chainId, fine: '' });
    return done({ id });
  },
});

/** The appeal's item: one for each fine and packet, so that an appeal sent again after a timeout is a new item. */
function appealId(ctx: Context, source: string, sequence: number): string {
  const hash = hashOfJson(ctx.crypto.sha256, 'civitas/appeal-item/v1', { source, sequence });
  return base64urlEncode((base64urlDecode(hash) ?? new Uint8Array(32)).slice(0, 16));
}

function setRuling(ctx: Context, item: string, ruling: EvidenceItem['ruling']): void {
  const record = items.find(ctx, item);
  if (record === undefined || record.ruling === 'acknowledged') return;
  items.put(ctx, item, { ...record, ruling });
  if (ruling === 'undelivered') ctx.emit('RulingUndelivered', { item });
}

export const appealPort = port({
  version: 'v1',
  payload: AppealPayload,
  receive(ctx, received, value): PayloadAcknowledgement {
    const { source, sequence } = received.packet;
    if (source !== chainIdOf(ctx, 'transport') || received.sourcePort !== 'transport.fine')
      return acknowledgementOfRefusal(no('NOT_AUTHORISED', 'not-a-fining-ledger', { source, sourcePort: received.sourcePort }).refusal);
    if (value.capturedUnixMs > ctx.timeUnixMs + DATE_AHEAD_MS_MAX)
      return acknowledgementOfRefusal(no('RULE_UNMET', 'captured-after-deposit', { nowUnixMs: ctx.timeUnixMs }).refusal);
    const id = appealId(ctx, source, sequence);
    const captured = { kind: 'appeal', sourceNetwork: source, fine: value.fine, commitment: value.evidence ?? '', device: '' } as const;
    const envelope = envelopeOf(ctx, 'courts.evidence/item@v1', value);
    depositItem(ctx, id, envelope, { ...captured, capturedUnixMs: value.capturedUnixMs });
    return { status: 'ok', value: { item: id } };
  },
  // What this contract sends are rulings; their payload names the item.
  acknowledged(ctx, _sent, value, answer) {
    const item = (value as { readonly item?: unknown }).item;
    if (answer.status !== 'deferred') setRuling(ctx, String(item), answer.status === 'ok' ? 'acknowledged' : 'undelivered');
  },
  timedOut(ctx, _sent, value) {
    setRuling(ctx, String((value as { readonly item?: unknown }).item), 'undelivered');
  },
});

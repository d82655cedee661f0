import { base64urlDecode, base64urlEncode, commitmentOf } from '@civitas/canon';
import { Type } from '@sinclair/typebox';
import { absent, no, type RefusedOutcome, wrongState } from '../../../codes.ts';
import { type Context, type Contract, done, method, type Outcome } from '../../../contract.ts';
import { PACKET_LIFE_MS } from '../../../limits.ts';
import { addLine } from '../../../record.ts';
import { Bytes32, fields, Id, listOf, oneOf } from '../../../schema.ts';
import { appealPort, deposit } from './deposit.ts';
import { REASONS_MAX } from './limits.ts';
import { type EvidenceItem, items } from './records.ts';
import { RulingOutcome, RulingReason } from './ruling-payload.ts';

function findUnruled(ctx: Context, id: string): { readonly ok: true; readonly item: EvidenceItem } | RefusedOutcome {
  const item = items.find(ctx, id);
  if (item === undefined) return absent(id);
  return item.status === 'ruled' ? wrongState(id, item.status) : { ok: true, item };
}

const present = method({
  summary: 'Shows that the content in hand is what was captured: its digest and salt open the commitment.',
  args: fields({
    item: Id,
    value: fields({ sha256: Type.String({ pattern: '^[A-Za-z0-9_-]{43,64}$', maxLength: 64, privacy: 'public' }) }),
    salt: Bytes32,
  }),
  roles: ['party', 'court'],
  refusals: ['STATE', 'RULE_UNMET'],
  events: ['Presented'],
  run(ctx, args) {
    const found = findUnruled(ctx, args.item);
    if (!found.ok) return found;
    const { item } = found;
    const salt = base64urlDecode(args.salt) ?? new Uint8Array(32);
    const commitment = base64urlEncode(commitmentOf(ctx.crypto.sha256, salt, args.value));
    if (commitment !== item.commitment) return no('RULE_UNMET', 'digest-mismatch', { record: args.item });
    items.put(ctx, args.item, { ...item, custody: addLine(item.custody, ctx, 'presented') });
    ctx.emit('Presented', { item: args.item });
    return done({ id: args.item, depositedUnixMs: item.depositedUnixMs, capturedUnixMs: item.capturedUnixMs });
  },
});

const challenge = method({
  summary: 'Contests an item on a ground.',
  args: fields({ item: Id, ground: oneOf('authenticity', 'calibration', 'identity', 'procedure') }),
  roles: ['party', 'court'],
  refusals: ['STATE'],
  events: ['Challenged'],
  run(ctx, args) {
    const found = findUnruled(ctx, args.item);
    if (!found.ok) return found;
    const { item } = found;
    if (item.grounds.includes(args.ground)) return done({ id: args.item, unchanged: true });
    const custody = addLine(item.custody, ctx, `challenged-${args.ground}`);
    items.put(ctx, args.item, { ...item, status: 'challenged', grounds: [...item.grounds, args.ground], custody });
    ctx.emit('Challenged', { item: args.item, ground: args.ground });
    return done({ id: args.item });
  },
});

function sendRuling(ctx: Context, id: string, item: EvidenceItem): Outcome | undefined {
  if (item.kind !== 'appeal') return undefined;
  const value = { kind: 'ruling', item: id, fine: item.fine, outcome: item.outcome, reasons: item.reasons };
  const sent = ctx.send({
    destination: item.sourceNetwork,
    timeoutUnixMs: ctx.timeUnixMs + PACKET_LIFE_MS,
    payloads: [{ port: 'transport.fine', version: 'v1', encoding: 'json', value }],
    purpose: 'dispute-resolution',
    basis: 'legal-obligation',
  });
  return sent.ok ? undefined : sent;
}

const rule = method({
  summary: 'The court rules, with reasons; an appeal’s ruling goes back to the ledger that sent it.',
  args: fields({ item: Id, outcome: RulingOutcome, reasons: listOf(RulingReason, REASONS_MAX, 1) }),
  roles: ['court'],
  refusals: ['STATE'],
  events: ['Ruled'],
  run(ctx, args) {
    const found = findUnruled(ctx, args.item);
    if (!found.ok) return found;
    const { item } = found;
    const ruled: EvidenceItem = {
      ...item,
      status: 'ruled',
      outcome: args.outcome,
      reasons: args.reasons,
      ruledBy: `${ctx.caller.organisation}:${ctx.caller.actor}`,
      ruling: item.kind === 'appeal' ? 'sent' : 'none',
      custody: addLine(item.custody, ctx, `ruled-${args.outcome}`),
    };
    const unsent = sendRuling(ctx, args.item, ruled);
    if (unsent !== undefined) return unsent;
    items.put(ctx, args.item, ruled);
    ctx.emit('Ruled', { item: args.item, outcome: args.outcome });
    return done({ id: args.item });
  },
});

const resendRuling = method({
  summary: 'Sends a ruling again that its ledger did not get.',
  args: fields({ item: Id }),
  roles: ['court'],
  refusals: ['STATE'],
  events: [],
  run(ctx, args) {
    const item = items.find(ctx, args.item);
    if (item === undefined) return absent(args.item);
    if (item.ruling !== 'undelivered') return no('STATE', 'ruling-not-undelivered', { ruling: item.ruling });
    const unsent = sendRuling(ctx, args.item, item);
    if (unsent !== undefined) return unsent;
    items.put(ctx, args.item, { ...item, ruling: 'sent' });
    return done({ id: args.item });
  },
});

/** Evidence by commitment, with gap-free custody and the court's ruling on it. */
export const evidenceV1: Contract = {
  name: 'courts.evidence',
  version: 'v1',
  summary: 'Evidence items, immutable, with custody; challenged, presented, ruled.',
  methods: { deposit, present, challenge, rule, resendRuling },
  views: {},
  ports: { v1: appealPort },
  collections: { items: { readableBy: ['court', 'party'] } },
};

import { absent, no, wrongState } from '../../../codes.ts';
import { type Context, type Contract, done, method, type Outcome, view } from '../../../contract.ts';
import { addLine, envelopeOf, hasOwnCoSigner, newId, repeatOf } from '../../../record.ts';
import { fields, Id, PositiveFen, Reference, Subject } from '../../../schema.ts';
import { moveMoney } from './move.ts';
import { type Account, type AccountState, accounts, availableFen, CLOSED_STATES, credits, members } from './records.ts';
import { internalMethods } from './reservation.ts';

const open = method({
  summary: 'Opens the account of a member; one active account a member.',
  args: fields({ subject: Subject }),
  roles: ['centre'],
  refusals: ['DUPLICATE'],
  events: ['AccountOpened'],
  run(ctx, args) {
    const id = newId(ctx, 'housing.account/accounts');
    const envelope = envelopeOf(ctx, 'housing.account/account@v1', args);
    const existing = accounts.find(ctx, id);
    if (existing !== undefined) return repeatOf(existing, envelope, id);
    const active = members.find(ctx, args.subject);
    if (active !== undefined) return no('DUPLICATE', 'account-open', { record: active.account });
    accounts.put(ctx, id, {
      ...envelope,
      subject: args.subject,
      centre: ctx.caller.organisation,
      state: '01',
      balanceFen: 0,
      frozenFen: 0,
      reservedFen: 0,
      history: addLine([], ctx, 'opened'),
    });
    members.put(ctx, args.subject, { account: id });
    ctx.emit('AccountOpened', { account: id });
    return done({ id });
  },
});

const credit = method({
  summary: 'Credits a contribution; one reference credits once.',
  args: fields({ account: Id, amountFen: PositiveFen, reference: Reference }),
  roles: ['centre'],
  refusals: ['STATE', 'DUPLICATE', 'LIMIT'],
  events: ['AccountCredited'],
  run(ctx, args) {
    const envelope = envelopeOf(ctx, 'housing.account/credit@v1', args);
    const existing = credits.find(ctx, args.reference);
    if (existing !== undefined) return repeatOf(existing, envelope, args.reference);
    const account = accounts.find(ctx, args.account);
    if (account === undefined) return absent(args.account);
    if (account.state !== '01') return wrongState(args.account, account.state);
    if (account.balanceFen + args.amountFen > Number.MAX_SAFE_INTEGER) return no('LIMIT', 'balance');
    credits.put(ctx, args.reference, { ...envelope, account: args.account, amountFen: args.amountFen });
    const movement = { event: 'credited', creditFen: args.amountFen, payOutFen: 0, reserveFen: 0 };
    const moved = moveMoney(ctx, args.account, account, movement);
    ctx.emit('AccountCredited', { account: args.account, amountFen: args.amountFen });
    return done({ id: args.account, balanceFen: moved.balanceFen });
  },
});

function changeState(ctx: Context, id: string, change: { from: readonly AccountState[]; to: AccountState }): Outcome {
  if (!hasOwnCoSigner(ctx)) return no('NOT_AUTHORISED', 'two-persons');
  const account = accounts.find(ctx, id);
  if (account === undefined) return absent(id);
  if (account.state === change.to) return done({ id, unchanged: true });
  if (!change.from.includes(account.state)) return wrongState(id, account.state);
  if (account.centre !== ctx.caller.organisation) return no('NOT_AUTHORISED', 'other-centre', { record: id });
  const closing = CLOSED_STATES.includes(change.to);
  if (closing && account.reservedFen > 0) return no('LOCKED', 'reserved', { record: id, reservedFen: account.reservedFen });
  if (closing && account.balanceFen > 0) return no('RULE_UNMET', 'balance-left', { balanceFen: account.balanceFen });
  const changed: Account = { ...account, state: change.to, history: addLine(account.history, ctx, `state-${change.to}`) };
  accounts.put(ctx, id, changed);
  if (closing) ctx.state.delete(members.collection, account.subject);
  ctx.emit('AccountStateChanged', { account: id, state: change.to });
  return done({ id });
}

function stateMethod(summary: string, change: { from: readonly AccountState[]; to: AccountState }) {
  return method({
    summary,
    args: fields({ account: Id }),
    roles: ['centre'],
    coSignatures: 1,
    refusals: change.to === '05' ? ['STATE', 'NOT_AUTHORISED', 'LOCKED', 'RULE_UNMET'] : ['STATE', 'NOT_AUTHORISED'],
    events: ['AccountStateChanged'],
    run: (ctx, args) => changeState(ctx, args.account, change),
  });
}

const balance = view({
  summary: "An account's balance and what of it is available.",
  args: fields({ account: Id }),
  roles: ['centre', 'bank', 'portal'],
  run(ctx, args) {
    const account = accounts.find(ctx, args.account);
    if (account === undefined) return absent(args.account);
    const { state, balanceFen, frozenFen, reservedFen } = account;
    return done({ state, balanceFen, frozenFen, reservedFen, availableFen: availableFen(account) });
  },
});

/** Housing-fund accounts: available = balance − frozen − reserved ≥ 0, one active account a member, no fen made or lost. */
export const accountV1: Contract = {
  name: 'housing.account',
  version: 'v1',
  summary: 'Housing-fund accounts of members, with reservations.',
  methods: {
    open,
    credit,
    seal: stateMethod('Seals an account (02): no withdrawals.', { from: ['01'], to: '02' }),
    unseal: stateMethod('Takes an account back to normal (01).', { from: ['02'], to: '01' }),
    close: stateMethod('Closes an empty account (05); final.', { from: ['01', '02'], to: '05' }),
    ...internalMethods,
  },
  views: { balance },
  ports: {},
  collections: {
    accounts: { readableBy: ['centre', 'bank', 'portal'] },
    members: { readableBy: ['centre', 'portal'] },
    credits: { readableBy: ['centre'] },
    pool: { readableBy: 'members' },
  },
};

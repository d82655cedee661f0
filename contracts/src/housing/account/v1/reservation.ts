import { absent, no, wrongState } from '../../../codes.ts';
import { done, type Method, method } from '../../../contract.ts';
import { fields, Id, PositiveFen } from '../../../schema.ts';
import { moveMoney } from './move.ts';
import { accounts, availableFen } from './records.ts';

const Amount = fields({ account: Id, amountFen: PositiveFen });

const reserve = method({
  summary: 'Sets an amount aside for a withdrawal.',
  args: Amount,
  roles: [],
  refusals: ['STATE', 'RULE_UNMET'],
  events: [],
  run(ctx, args) {
    const account = accounts.find(ctx, args.account);
    if (account === undefined) return absent(args.account);
    if (account.state !== '01') return wrongState(args.account, account.state);
    if (availableFen(account) < args.amountFen) return no('RULE_UNMET', 'balance', { availableFen: availableFen(account) });
    moveMoney(ctx, args.account, account, { event: 'reserved', creditFen: 0, payOutFen: 0, reserveFen: args.amountFen });
    return done({});
  },
});

const releaseReserved = method({
  summary: 'Gives a reservation back.',
  args: Amount,
  roles: [],
  refusals: ['STATE'],
  events: [],
  run(ctx, args) {
    const account = accounts.find(ctx, args.account);
    if (account === undefined || account.reservedFen < args.amountFen) return no('STATE', 'not-reserved', { record: args.account });
    moveMoney(ctx, args.account, account, { event: 'reservation-released', creditFen: 0, payOutFen: 0, reserveFen: -args.amountFen });
    return done({});
  },
});

const settle = method({
  summary: 'Pays a reservation out.',
  args: Amount,
  roles: [],
  refusals: ['STATE'],
  events: [],
  run(ctx, args) {
    const account = accounts.find(ctx, args.account);
    if (account === undefined || account.reservedFen < args.amountFen) return no('STATE', 'not-reserved', { record: args.account });
    if (account.state !== '01') return wrongState(args.account, account.state);
    moveMoney(ctx, args.account, account, {
      event: 'paid-out',
      creditFen: 0,
      payOutFen: args.amountFen,
      reserveFen: -args.amountFen,
    });
    return done({});
  },
});

const restore = method({
  summary: 'Credits money that came back after a claw-back.',
  args: Amount,
  roles: [],
  refusals: ['STATE'],
  events: [],
  run(ctx, args) {
    const account = accounts.find(ctx, args.account);
    if (account === undefined) return absent(args.account);
    moveMoney(ctx, args.account, account, { event: 'recovered', creditFen: args.amountFen, payOutFen: 0, reserveFen: 0 });
    return done({});
  },
});

/** Called by housing.withdrawal alone, inside its own operations. */
export const internalMethods: Readonly<Record<string, Method>> = { reserve, releaseReserved, settle, restore };

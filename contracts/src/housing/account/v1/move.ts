import { invariant } from '@civitas/canon';
import type { Context } from '../../../contract.ts';
import { addLine } from '../../../record.ts';
import { type Account, accounts, availableFen, POOL_ID, type Pool, pools } from './records.ts';

const EMPTY: Pool = { creditedFen: 0, paidOutFen: 0, balanceFen: 0, reservedFen: 0 };

/** Change of one account, fen; the pool follows, so that the sums hold in every block. */
export type Movement = {
  readonly event: string;
  readonly creditFen: number;
  readonly payOutFen: number;
  readonly reserveFen: number;
};

/** Moves money of one account. The caller has checked that it is there: a negative sum is a bug. */
export function moveMoney(ctx: Context, id: string, account: Account, move: Movement): Account {
  const balanceFen = account.balanceFen + move.creditFen - move.payOutFen;
  const reservedFen = account.reservedFen + move.reserveFen;
  const history = addLine(account.history, ctx, move.event);
  const moved: Account = { ...account, balanceFen, reservedFen, history };
  invariant(reservedFen >= 0 && availableFen(moved) >= 0, 'an account would go below zero');
  const pool = pools.find(ctx, POOL_ID) ?? EMPTY;
  const sums: Pool = {
    creditedFen: pool.creditedFen + move.creditFen,
    paidOutFen: pool.paidOutFen + move.payOutFen,
    balanceFen: pool.balanceFen + move.creditFen - move.payOutFen,
    reservedFen: pool.reservedFen + move.reserveFen,
  };
  invariant(sums.creditedFen === sums.balanceFen + sums.paidOutFen, 'money was made or lost');
  accounts.put(ctx, id, moved);
  pools.put(ctx, POOL_ID, sums);
  return moved;
}

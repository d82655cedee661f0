import { type Envelope, type HistoryLine, table } from '../../../record.ts';

/** Account states of the national standard: 01 normal, 02 sealed, 03 merged, 04 transferred out, 05 withdrawn, 06 frozen, 99 other. */
export const ACCOUNT_STATES = ['01', '02', '03', '04', '05', '06', '99'] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];
/** Closed for ever; the balance is 0. */
export const CLOSED_STATES: readonly AccountState[] = ['03', '04', '05', '99'];

export type Account = Envelope & {
  readonly subject: string;
  readonly centre: string;
  readonly state: AccountState;
  readonly balanceFen: number;
  readonly frozenFen: number;
  readonly reservedFen: number;
  readonly history: readonly HistoryLine[];
};

/** Sums over all accounts of the ledger: credited + recovered = balance + paid out, always. */
export type Pool = {
  readonly creditedFen: number;
  readonly paidOutFen: number;
  readonly balanceFen: number;
  readonly reservedFen: number;
};

export const accounts = table<Account>('accounts');
/** Member subject → its active account. */
export const members = table<{ readonly account: string }>('members');
/** Reference of a credit → where it went: money is credited once. */
export const credits = table<Envelope & { readonly account: string; readonly amountFen: number }>('credits');
export const pools = table<Pool>('pool');
export const POOL_ID = 'all';

/** What a withdrawal may still take. */
export function availableFen(account: Account): number {
  return account.balanceFen - account.frozenFen - account.reservedFen;
}

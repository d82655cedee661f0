import { Type } from '@sinclair/typebox';
import { type Envelope, type HistoryLine, table } from '../../../record.ts';

/** `<code>-<number>`: 8 and 10 digits, the unified style of electronic fiscal receipts. */
export const ReceiptId = Type.String({ pattern: '^[0-9]{8}-[0-9]{10}$', maxLength: 19, privacy: 'public' });

export type Receipt = Envelope & {
  readonly code: string;
  readonly number: string;
  readonly amountFen: number;
  readonly claimedFen: number;
  readonly status: 'issued' | 'reversed';
  /** Record the receipt was issued for, on the issuer's ledger. */
  readonly cause: string;
  /** Chain id of the ledger whose packet issued it, or this ledger's. */
  readonly issuerNetwork: string;
  readonly issuer: string;
  readonly history: readonly HistoryLine[];
};

export type Claim = Envelope & { readonly receipt: string; readonly amountFen: number; readonly status: 'claimed' | 'released' };

export const receipts = table<Receipt>('receipts');
export const claims = table<Claim>('claims');

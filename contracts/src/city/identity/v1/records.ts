import { type Envelope, type HistoryLine, table } from '../../../record.ts';

export type SubjectRecord = Envelope & {
  readonly custodian: string;
  readonly kind: 'person' | 'company' | 'device';
  readonly status: 'active' | 'retired';
  readonly history: readonly HistoryLine[];
};

export type KeyBinding = Envelope & {
  readonly subject: string;
  readonly publicKey: string;
  /** `own`: only the citizen holds it; `custodial`: the portal keeps it for the citizen. */
  readonly class: 'own' | 'custodial';
  /** Organisation that keeps a custodial key, else ''. */
  readonly portal: string;
  readonly status: 'active' | 'revoked';
};

export type LinkToken = Envelope & {
  readonly purpose: string;
  readonly audience: string;
  readonly ledger: string;
  readonly expiresAtUnixMs: number;
  readonly redeemed: boolean;
  readonly redeemedAtUnixMs: number;
};

export const subjects = table<SubjectRecord>('subjects');
export const keys = table<KeyBinding>('keys');
export const tokens = table<LinkToken>('tokens');

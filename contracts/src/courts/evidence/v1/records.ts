import { type Envelope, type HistoryLine, table } from '../../../record.ts';

export type EvidenceItem = Envelope & {
  readonly kind: 'appeal' | 'photo' | 'document' | 'measurement';
  /** Ledger that sent it, or this one for a party's own deposit. */
  readonly sourceNetwork: string;
  /** The contested record on its own ledger, or ''. */
  readonly fine: string;
  /** Commitment of the captured content's digest; '' when the appeal brings none. */
  readonly commitment: string;
  readonly device: string;
  readonly capturedUnixMs: number;
  readonly depositedUnixMs: number;
  readonly status: 'deposited' | 'challenged' | 'ruled';
  readonly grounds: readonly string[];
  readonly outcome: '' | 'waive' | 'uphold';
  readonly reasons: readonly string[];
  readonly ruledBy: string;
  /** Whether the source has heard of the ruling. */
  readonly ruling: 'none' | 'sent' | 'acknowledged' | 'undelivered';
  /** Gap-free: deposited, presented, challenged, ruled, each with who and when. */
  readonly custody: readonly HistoryLine[];
};

export const items = table<EvidenceItem>('items');

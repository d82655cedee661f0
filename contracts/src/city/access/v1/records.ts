import type { Static } from '@sinclair/typebox';
import { type Envelope, type HistoryLine, table } from '../../../record.ts';
import type { DigestPayload } from './digest-payload.ts';

export type Digest = Envelope & {
  readonly id: string;
  /** Ledger that keeps the access record. */
  readonly source: string;
  readonly entry: Static<typeof DigestPayload>;
  /** City subject, '' until it is known. */
  readonly subject: string;
  readonly dispute: 'none' | 'open' | 'explained';
  readonly ground: string;
  readonly disputedBy: string;
  readonly explanation: string;
  /** End of the last working day to explain; 0 without a dispute. */
  readonly explainDueUnixMs: number;
  readonly history: readonly HistoryLine[];
};

export const digests = table<Digest>('digests');
/** `<subject>.<time, 15 digits>.<digest>` → digest, so that a person's list is one scan. */
export const bySubject = table<{ readonly digest: string }>('by-subject');

const TIME_DIGITS = 15;

export function bySubjectId(subject: string, digest: Digest): string {
  return `${subject}.${String(digest.entry.atUnixMs).padStart(TIME_DIGITS, '0')}.${digest.id}`;
}

import { type Envelope, type HistoryLine, table } from '../../../record.ts';

export type AttestationUse = { readonly requestHash: string; readonly network: string; readonly port: string };

export type Attestation = Envelope & {
  readonly predicate: string;
  readonly catalogueVersion: number;
  readonly subject: string;
  readonly resultCommitment: string;
  readonly billNullifier: string;
  readonly reference: string;
  readonly status: 'attested' | 'confirmed' | 'revoked';
  readonly confirmedBy: string;
  readonly confirmedUnixMs: number;
  readonly uses: readonly AttestationUse[];
  readonly history: readonly HistoryLine[];
};

export const attestations = table<Attestation>('attestations');
/** One attestation a bill: the nullifier of a bill → its attestation. */
export const bills = table<{ readonly attestation: string }>('bills');

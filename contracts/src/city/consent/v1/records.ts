import type { Static } from '@sinclair/typebox';
import { type Envelope, type HistoryLine, table } from '../../../record.ts';
import type { GrantDocument } from './documents.ts';

export type ConsentRecord = Envelope & {
  readonly grant: Static<typeof GrantDocument>;
  readonly signature: string;
  /** Class of the key that signed: a reader of the receipt sees whether the citizen or the portal held it. */
  readonly keyClass: 'own' | 'custodial';
  readonly status: 'granted' | 'withdrawn';
  readonly usesLeft: number;
  readonly history: readonly HistoryLine[];
};

/** The nullifier that other ledgers verify: one for each exact request. */
export type Consumption = Envelope & {
  readonly consent: string;
  readonly requestHash: string;
  readonly requester: string;
  readonly requesterNetwork: string;
  readonly custodian: string;
  readonly source: string;
  readonly predicate: string;
  readonly purpose: string;
  readonly expiresAtUnixMs: number;
  readonly status: 'consumed' | 'refunded';
};

export const consents = table<ConsentRecord>('consents');
export const consumptions = table<Consumption>('consumptions');

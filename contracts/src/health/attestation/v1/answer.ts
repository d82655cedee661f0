import type { Static } from '@sinclair/typebox';
import { Bool, fields, oneOf } from '../../../schema.ts';

/** Bands of out-of-pocket cost in yuan: the requester learns the band, never the amount. */
export const AMOUNT_BANDS = ['under-10k', '10k-50k', '50k-200k', 'over-200k'] as const;

/** What a predicate's answer says once it is opened: a bit and a band. */
export const AnswerSchema = fields({ amountBand: oneOf(...AMOUNT_BANDS), answer: Bool });
export type Answer = Static<typeof AnswerSchema>;

/** Upper end of a band, fen; the last band has none. */
export const BAND_FEN_MAX: Readonly<Record<Answer['amountBand'], number>> = {
  'under-10k': 1_000_000,
  '10k-50k': 5_000_000,
  '50k-200k': 20_000_000,
  'over-200k': Number.MAX_SAFE_INTEGER,
};

import { oneOf } from './schema.ts';

/** Purposes of reading and processing, W3C Data Privacy Vocabulary terms in kebab case. */
export const PURPOSES = [
  'provide-official-services',
  'verify-eligibility',
  'treatment',
  'payment-management',
  'public-health',
  'enforce-law',
  'dispute-resolution',
] as const;
export const PurposeCode = oneOf(...PURPOSES);

/** Legal bases (DPV). */
export const BASES = ['consent', 'official-authority', 'legal-obligation', 'vital-interest', 'public-interest'] as const;
export const BasisCode = oneOf(...BASES);
/** What may be asked across ledgers. One predicate is one question with a yes, a no and a band. */
export const PREDICATES = ['illness-in-catalogue'] as const;
export const PredicateCode = oneOf(...PREDICATES);

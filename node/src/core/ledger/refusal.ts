import type { JsonObject, Refusal } from '@civitas/canon';

/** Codes of the ledger itself; a contract adds its own, and canon's readers theirs (MALFORMED, BODY_TOO_LARGE …). */
export const LEDGER_REFUSALS = [
  'WRONG_NETWORK',
  'EXPIRED',
  'EXPIRY_TOO_FAR',
  'REPLAYED',
  'SIGNATURE_INVALID',
  'CO_SIGNATURE_INVALID',
  'CO_SIGNATURES_MISSING',
  'NOT_AUTHORISED',
  'UNKNOWN_METHOD',
  'ARGS_INVALID',
  'LIMIT',
  'CONTRACT_FAULT',
  'BUNDLE_MALFORMED',
  'BUNDLE_TOO_LARGE',
] as const;

export type LedgerRefusalCode = (typeof LEDGER_REFUSALS)[number];

/** Thrown by the doors a contract acts through (a record too large, an event too many); caught where the method was called. */
export class DoorRefusal extends Error {
  override readonly name = 'DoorRefusal';
  readonly refusal: Refusal;

  constructor(code: LedgerRefusalCode, facts: JsonObject) {
    super(code);
    this.refusal = { code, facts, then: 'drop' };
  }
}

/** The store failed or is damaged: nothing about the input. Never turned into a refusal, stops the process. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault';
}

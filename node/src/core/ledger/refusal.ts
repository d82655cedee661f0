import type { CodeMeanings, JsonObject, Refusal } from '@civitas/canon';
import type { Code } from '@civitas/contracts';

/** Codes of the ledger itself; a contract adds the domains' codes, and canon's readers theirs (MALFORMED, BODY_TOO_LARGE …). */
export const LEDGER_REFUSALS = {
  WRONG_NETWORK: {
    meaning: 'The operation, bundle or call is for another network or another genesis.',
    remedy: 'Log in again (`civitas login`); sign for this network.',
  },
  EXPIRED: { meaning: 'The operation (or a link token) has run out.', remedy: 'Sign a fresh one; check the clock.' },
  EXPIRY_TOO_FAR: { meaning: 'The operation would live longer than the replay table remembers.', remedy: 'Sign with an earlier expiry.' },
  REPLAYED: { meaning: 'The same operation or sealed call came before.', remedy: 'Nothing: ask for the receipt of the first.' },
  SIGNATURE_INVALID: {
    meaning: 'The signature does not hold over these bytes under this key.',
    remedy: 'Sign again with the enrolled key.',
  },
  CO_SIGNATURE_INVALID: {
    meaning: 'A co-signature is not of an enrolled approver key, or does not hold.',
    remedy: 'Let the right persons sign again.',
  },
  CO_SIGNATURES_MISSING: { meaning: 'The verb needs more persons.', remedy: 'Collect `coSignaturesMin` co-signatures.' },
  UNKNOWN_METHOD: { meaning: 'The ledger has no such contract or method in force.', remedy: 'Check contract, version and method.' },
  ARGS_INVALID: {
    meaning: 'The arguments do not fit the schema; `path` names the first offence, never its value.',
    remedy: 'Correct the caller.',
  },
  CONTRACT_FAULT: { meaning: 'The contract failed; everything it did was rolled back.', remedy: 'Report it: this is a bug.' },
  BUNDLE_MALFORMED: {
    meaning: 'The bytes are not the one encoding of a bundle.',
    remedy: 'Report the gateway: an honest one never sends it.',
  },
  BUNDLE_TOO_LARGE: {
    meaning: 'A bundle holds more bytes or operations than one may.',
    remedy: 'Report the gateway: an honest one never sends it.',
  },
} as const satisfies CodeMeanings;

export type LedgerRefusalCode = keyof typeof LEDGER_REFUSALS | Code;

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

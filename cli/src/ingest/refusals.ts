import { Refused } from '../fault.ts';

/** Refusals that say the caller is set up wrongly: going on would quarantine everything for a reason that is not in the data. */
const FATAL: readonly string[] = ['NOT_AUTHORISED', 'UNAUTHENTICATED', 'SIGNATURE_INVALID', 'WRONG_NETWORK', 'UNKNOWN_METHOD'];

/** The error again when it must stop the whole ingest; the refusal when only this item failed. */
export function itemRefusal(error: unknown): Refused['refusal'] {
  if (error instanceof Refused && !FATAL.includes(error.refusal.code)) return error.refusal;
  throw error;
}

/** Stops the ingest where a refusal on the ledger is not about the data. */
export function throwIfFatal(request: string, refusal: Refused['refusal']): void {
  if (FATAL.includes(refusal.code) && refusal.facts['reason'] !== 'wrong-status') throw new Refused(request, refusal);
}

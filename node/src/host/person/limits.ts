/** A prepared body waits so long for the person's look and co-signature, ms: less than the hour that the ledger allows. */
export const PREPARED_LIFE_MS = 10 * 60_000;
/** Calls of one person a second, and what they may save up; each may cost a signature check and a block. */
export const PERSON_CALLS_PER_SECOND = 10;
export const PERSON_CALLS_BURST = 40;
/** Persons whose calls are counted at once. */
export const PERSONS_MAX = 10_000;
/** Private values of one operation. */
export const PRIVATE_VALUES_MAX = 8;

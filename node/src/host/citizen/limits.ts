/** Entries of one page of a citizen's list. */
export const ENTRIES_PER_PAGE = 50;
/** Consents of one citizen that are listed, newest first. */
export const CONSENTS_LISTED_MAX = 200;
/** Address space of a portal's index of consents, bytes; the file grows only as it is used. */
export const CONSENT_INDEX_MAP_BYTES = 8 * 1024 ** 3;
/** Consents that are looked at between two turns of the event loop, where all on a ledger are. */
export const CONSENTS_SCANNED = 64;
/** What a citizen was shown before they granted, canonical bytes. */
export const SHOWN_BYTES_MAX = 4096;
/** An operation of a citizen's stays valid so long after it was signed, ms. */
export const OPERATION_LIFE_MS = 60_000;

/** Changes that are kept for those who come back with Last-Event-ID. */
export const CHANGES_KEPT = 2048;
/** Changes that wait for one slow reader; beyond, it is told to read everything again. */
export const CHANGES_WAITING_MAX = 256;
/** A line is sent at least this often, ms: proxies cut what is silent. */
export const HEARTBEAT_MS = 15_000;
/** Streams open at once, in all and of one person. */
export const STREAMS_MAX = 512;
export const STREAMS_PER_PERSON_MAX = 8;
/** A ledger's new blocks are told of this often at most, ms. */
export const HEADS_TOLD_EVERY_MS = 250;
/** Waits between tries to follow a ledger whose gateway does not answer, ms. */
export const FOLLOW_RETRY_MS_MIN = 500;
export const FOLLOW_RETRY_MS_MAX = 10_000;
/** Ledgers that are followed at once; pages of the others ask by the clock. */
export const FOLLOWED_LEDGERS_MAX = 200;

/** Changes that are kept for those who come back with Last-Event-ID. */
export const CHANGES_KEPT = 2048;
/** Changes that wait for one slow reader; beyond, it is told to read everything again. */
export const CHANGES_WAITING_MAX = 256;
/** A line is sent at least this often, ms: proxies cut what is silent. */
export const HEARTBEAT_MS = 15_000;
/** Streams open at once, in all and of one person. */
export const STREAMS_MAX = 512;
export const STREAMS_PER_PERSON_MAX = 8;

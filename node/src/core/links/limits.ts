/** Packets of one relay operation (links.md section 6); the operation's own bound on arguments, 64 KiB, holds besides. */
export const PACKETS_PER_OPERATION_MAX = 64;
/** Light blocks of one relay operation. */
export const LIGHT_BLOCKS_PER_OPERATION_MAX = 16;
/** Payloads of one packet. */
export const PAYLOADS_MAX = 8;
/** A packet's canonical JSON, bytes. */
export const PACKET_BYTES_MAX = 16_384;
/** An acknowledgement's canonical JSON, bytes. */
export const ACKNOWLEDGEMENT_BYTES_MAX = 16_384;
/** Headers of third networks one packet may ask for. */
export const REQUIRED_HEADERS_MAX = 4;
/** How far ahead a packet's timeout may lie, ms: 400 days, the longest statutory deadline with room. */
export const TIMEOUT_AHEAD_MS_MAX = 400 * 24 * 3_600_000;
/** A client that has heard nothing for this long is stale, ms of header time: fourteen days. */
export const TRUST_PERIOD_MS = 14 * 24 * 3_600_000;
/** A header may be this far ahead of ours, ms: the longest idle interval (60 s) and 30 s of drift. */
export const CLOCK_DRIFT_MS = 90_000;
/** Outside what a delivery needs, one header is stored in this much header time, ms. */
export const STORED_UPDATE_INTERVAL_MS = 1_000;
/** Old headers forgotten with one update. */
export const PRUNED_HEADERS_MAX = 8;
/** Rate windows of link terms, ms. */
export const QUOTA_WINDOW_MS = 60_000;
/** Bytes a minute that terms allow unless members decide otherwise. */
export const BYTES_PER_MINUTE_DEFAULT = 64 * 1_048_576;
/** Characters of a lane. */
export const LANE_CHARS_MAX = 64;
/** Characters kept of a word that says why a packet failed; codes have at most 64. */
export const FAILURE_WORD_CHARS_MAX = 64;
/** Skipped sequences a lane remembers, newest last. */
export const LANE_SKIPS_MAX = 64;

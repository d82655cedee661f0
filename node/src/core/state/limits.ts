/** A state key, bytes of UTF-8 (ledger.md section 3). */
export const KEY_BYTES_MAX = 256;
/** A record's canonical JSON, bytes. */
export const RECORD_BYTES_MAX = 65_536;
/** Records one scan returns. */
export const SCAN_RECORDS_MAX = 256;
/** Pages of the tree kept decoded, count; 10 KB each in memory. */
export const CACHED_PAGES_MAX = 2_048;
/** Roots stay provable this many heights … */
export const KEPT_HEIGHTS_MAX = 100_000;
/** … or this long in header time, ms, whichever ends first: seven days. */
export const KEPT_MS_MAX = 7 * 24 * 3_600_000;
/** Stale pages deleted in one block's write, count: bounds the work that pruning adds to a commit. */
export const PRUNED_PAGES_MAX = 2_048;

/** A state key, bytes of UTF-8 (ledger.md section 3). */
export const KEY_BYTES_MAX = 256;
/** A record's canonical JSON, bytes. */
export const RECORD_BYTES_MAX = 65_536;
/** Records one scan returns. */
export const SCAN_RECORDS_MAX = 256;
/**
 * Pages of the tree kept in memory, bytes: the four upper levels, which every block changes. Those below are seldom met again soon; to keep four
 * times as many cost more than it saved, for V8 goes through them all (88 against 78 µs an operation at 256,000 records).
 */
export const CACHED_PAGE_BYTES_MAX = 16 * 2 ** 20;
/** One piece of a block's history, bytes: fits a page of the store beside its header. */
export const HISTORY_CHUNK_BYTES = 4_080;
/** A page is kept whole after this many changes: the most that are undone one by one to have an older one. At most 255. */
export const PAGE_CHANGES_MAX = 64;
/** Roots stay provable this long in header time, days, where the node's configuration says nothing else … */
export const RETENTION_DAYS = 7;
/** … and at most this long: ten years. */
export const RETENTION_DAYS_MAX = 3_653;
/** Heights that leave the proof window with one block, count: a backlog (a shorter window) goes in slices. */
export const ENDED_HEIGHTS_MAX = 16;
/** Entries of history deleted in one block's write, count: bounds the work that pruning adds to a commit. */
export const PRUNED_ENTRIES_MAX = 1_024;

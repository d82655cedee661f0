/**
 * Format of the store; any other is refused. 1: whole pages by version. 2: newest pages, and what undoes each block's changes. 3: the
 * operation index in parts.
 */
export const STORE_FORMAT = 3;
/** Operations in one part of their index, count: its pages stay in memory while it grows, and a hundred million make 1,500 parts to search. */
export const INDEX_PART_OPERATIONS = 65_536;
/** Address space reserved for the store, bytes: 64 GiB of map, not of memory or disk. */
export const MAP_BYTES = 64 * 2 ** 30;
/** Records kept parsed, count. */
export const CACHED_RECORDS_MAX = 4_096;
/** Kept pages that one list names, count: what one entry of a pruned height may add. */
export const KEPT_LIST_PAGES_MAX = 64;
/** Records or pages that verifying takes in one turn of the event loop, count. */
export const VERIFY_SLICE = 1_024;
/** Pages that verifying keeps in memory, bytes: it needs each once. */
export const VERIFY_CACHE_BYTES = 2 ** 20;
/** A file up to this size, bytes, holds LMDB's two meta pages and an empty root at most: no genesis, so nothing is lost with it. */
export const UNBORN_BYTES_MAX = 12_288;

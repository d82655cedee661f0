/** Format of the store; a newer one is refused. */
export const STORE_FORMAT = 1;
/** Address space reserved for the store, bytes: 64 GiB of map, not of memory or disk. */
export const MAP_BYTES = 64 * 2 ** 30;
/** Records kept parsed, count. */
export const CACHED_RECORDS_MAX = 4_096;

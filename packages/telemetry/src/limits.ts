/** Series one process may expose: a scrape blocks the event loop, 41 ms at 1,000 histogram children. */
export const SERIES_MAX = 1500;
/** A metrics request that has not been answered by then is cut, ms. */
export const SCRAPE_TIMEOUT_MS = 5000;
/** Longest text that a log field may hold, characters. */
export const LOG_TEXT_CHARS_MAX = 2000;
/** Levels of nesting of a log's field that are written, and entries of one object or list. */
export const REDACTED_DEPTH_MAX = 6;
export const REDACTED_ENTRIES_MAX = 64;
/** How long a signal keeps the log talkative, ms. */
export const TALKATIVE_MS = 15 * 60_000;

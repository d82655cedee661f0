/** Series one process may expose: a scrape blocks the event loop, 41 ms at 1,000 histogram children. */
export const SERIES_MAX = 1500;
/** A metrics request that has not been answered by then is cut, ms. */
export const SCRAPE_TIMEOUT_MS = 5000;
/** Longest text that a log field may hold, characters. */
export const LOG_TEXT_CHARS_MAX = 2000;

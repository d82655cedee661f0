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
/** Spans that wait for the collector or are on their way to it; more are dropped. */
export const SPAN_QUEUE_MAX = 2048;
/** Spans of one export, and how long they wait for company, ms. */
export const SPAN_BATCH = 256;
export const SPAN_FLUSH_MS = 2000;
/** How long one export may take before its spans are given up, ms. */
export const SPAN_EXPORT_MS = 5000;
/** How long the end of a process waits for its last spans, ms: within the time it has to stop. */
export const SPAN_CLOSE_MS = 1000;
export const SPAN_ATTRIBUTES_MAX = 16;
/** Longest text of an attribute, characters; the rest is cut off. */
export const SPAN_ATTRIBUTE_CHARS_MAX = 512;
export const SPAN_LINKS_MAX = 64;
/** Of a support bundle: pods, the last lines of each container and their bytes, bytes of a pod's metrics, and how long they are waited for, ms. */
export const SUPPORT_PODS_MAX = 200;
export const SUPPORT_LOG_LINES = 2000;
export const SUPPORT_LOG_BYTES_MAX = 2_097_152;
export const SUPPORT_METRICS_BYTES_MAX = 1_048_576;
export const SUPPORT_METRICS_MS = 5000;
/** Between two moments at which the event loop's lag is looked at, ms: twenty wake-ups a second. */
export const LAG_EVERY_MS = 50;
/** How far back moments count once a process goes on that stood still, ms. */
export const LAG_MS_MAX = 10_000;

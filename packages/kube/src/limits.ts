/** Bounds of the controller runtime. Units stand in the names. */

/** Objects asked for in one page of a list; the API server's own clients use 500. */
export const listPageObjects = 500;

/** A request other than a watch is given up after this time. */
export const requestTimeoutMs = 30_000;

/** Repeats of one request after 429 or 503 with Retry-After before the error reaches the caller. */
export const throttledRetriesMax = 5;

/** Longest wait a server's Retry-After is honoured for within one call; a longer one is handed to the caller. */
export const retryAfterMsMax = 30_000;

/** Longest wait a server's Retry-After is honoured for between two tries of a reflector or of a key. */
export const retryAfterHonouredMsMax = 300_000;

/** Wait after a 429 that names no time. */
export const retryAfterDefaultMs = 1_000;

/** A response body larger than this is a fault: a list page of 500 objects stays far below. */
export const responseBytesMax = 64 * 1024 * 1024;

/** One line of a watch; the largest object etcd stores is 1.5 MiB, its JSON stays below this. */
export const watchLineBytesMax = 8 * 1024 * 1024;

/** How long a server is asked to keep a watch; a random share of this is added, so reconnects spread. */
export const watchTimeoutSecondsMin = 300;

/** No event and no bookmark for this long means a dead connection: bookmarks come about once a minute. */
export const watchSilenceMsMax = 180_000;

/** Reconnect and relist back-off of a reflector. */
export const reflectorBackoffMsMin = 800;
export const reflectorBackoffMsMax = 30_000;

/** Of failures of a reflector in a row each of this number is a warning, the others are for debugging. */
export const reflectorFailuresTold = 4;

/** A watch that lived at least this long is healthy: the next connect starts without back-off. */
export const watchHealthyMs = 5_000;

/** Retry back-off of one key in a work queue. */
export const queueBackoffMsMin = 250;
export const queueBackoffMsMax = 300_000;

/** A periodic look that has waited this long goes before changes: a stream of changes must not starve it. */
export const resyncWaitMsMax = 5_000;

/** How often the age of work under way is reported; client-go's period. */
export const unfinishedReportMs = 500;

/** A reconcile that has not returned by then has its signal aborted. */
export const reconcileTimeoutMs = 120_000;

/** Time running reconciles get to finish when a controller stops. */
export const shutdownGraceMs = 30_000;

/** client-go's defaults for Lease election. */
export const leaseDurationMs = 15_000;
export const leaseRenewDeadlineMs = 10_000;
export const leaseRetryPeriodMs = 2_000;

/** Events of one object: a burst, then one per refill; more are dropped and counted. */
export const eventsBurstMax = 25;
export const eventsRefillMs = 300_000;

/** Different messages of one reason about one object within the interval; further ones are combined into one Event (client-go: 10 in 10 min). */
export const similarEventsMax = 10;
export const similarEventsMs = 600_000;

/** Objects whose last apply an applier remembers; the oldest are forgotten first and applied once more. */
export const appliedDigestsMax = 65_536;

/** Remembered event series; the oldest are forgotten first. */
export const eventSeriesMax = 4_096;

/** Message bytes the API server accepts in an Event. */
export const eventMessageCharactersMax = 1_024;

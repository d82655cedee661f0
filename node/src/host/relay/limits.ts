/** Packets in one page of an outbox. */
export const PAGE_PACKETS = 256;
/** Pages of the oldest packets, read in every pass. */
export const OLDEST_PAGES_MAX = 16;
/** Pages read in one pass of what is open beyond the oldest, each time further on: what waits on a deferred answer must not hide what is fresh. */
export const ROUND_PAGES_MAX = 8;
/** Packets with a deferred answer that is not due yet, asked after in one pass, those first that were not asked for longest. */
export const DEFERRED_ASKED_MAX = 1024;
/** Canonical arguments of one relay operation, bytes: under the ledger's 64 KiB with room for the envelope of a batch. */
export const BATCH_ARGUMENTS_BYTES_MAX = 60_000;
/** Packets of one relay operation (links.md section 6). */
export const BATCH_PACKETS_MAX = 64;
/** Third networks whose headers one operation may bring (links@v1 takes five peers). */
export const BATCH_PEERS_MAX = 5;
/** Headers of one peer in one operation. */
export const BATCH_HEADERS_PER_PEER_MAX = 15;
/** Proofs of one call (LinkService.Prove takes as many), and such calls at the same time. */
export const PROOFS_PER_CALL = 64;
export const PROOF_CALLS_IN_FLIGHT = 4;
/** Packets whose required headers are looked up at the same time. */
export const PACKETS_IN_FLIGHT = 16;
/** Operations of one pass that a ledger is given at the same time: they share its blocks. */
export const BATCHES_IN_FLIGHT = 4;
/** Headers shown on the way to one that a client cannot skip to: halving any distance takes fewer, for a dozen sets between. */
export const STEPS_MAX = 256;
/** Header time after which a client is brought further though nothing needs it, ms. */
export const CLIENT_LAG_MS_MAX = 30_000;
/** Deadline of one call to a gateway, ms. */
export const CALL_DEADLINE_MS = 10_000;
/** A relay operation ends after this, ms. */
export const OPERATION_EXPIRY_MS = 60_000;
/** First and longest pause after a failure, ms; each is drawn at random up to its bound. */
export const BACKOFF_MS_MIN = 100;
export const BACKOFF_MS_MAX = 10_000;
/** Longest that a packet waits which is refused for a reason of its own, ms. */
export const HOLD_MS_MAX = 600_000;
/** Tries after which a packet is delivered without a header that its network does not have: the ledger may know it from before. */
export const HEADER_TRIES_MAX = 6;
/** How often the lease is renewed while there is work, ms (a lease lasts 10 s). */
export const LEASE_RENEW_MS = 4000;
/** A packet that has been open for this long is written to the log with the step it waits for, ms, and how often. */
export const STUCK_MS = 60_000;
export const STUCK_LOG_MS = 60_000;
/** Of a probe that fails again and again, one failure in so many is written to the log. */
export const PROBE_LOG_FAILURES = 30;
/** How often the mounted configuration is looked at, ms. */
export const CONFIG_POLL_MS = 1000;

/** Largest body of a request, bytes. */
export const BODY_BYTES_MAX = 65_536;
/** Longest a request's head and body may take to come, ms. */
export const REQUEST_MS_MAX = 30_000;
/** Requests of one person in a minute. */
export const REQUESTS_PER_MINUTE = 1200;
/** Of them such that change something. */
export const CHANGES_PER_MINUTE = 60;
/** How long the answer to a request with an idempotency key is kept, ms. */
export const IDEMPOTENCY_KEPT_MS = 86_400_000;
/** Such answers kept at most; the oldest goes first. */
export const IDEMPOTENCY_KEYS_MAX = 4096;

/** How long a header stays wanted, ms: a relay that serves the link brings it within seconds. */
export const WANTED_MS = 60_000;
/** Decoded bundles kept: two full blocks and what waits for the next; at 128 KiB each 32 MiB at most. */
export const DECODED_BUNDLES_MAX = 256;
/** Signatures of one call that are verified at one time: a full batch of the verifying thread. */
export const VERIFYING_BUNDLE_SIGNATURES_MAX = 512;

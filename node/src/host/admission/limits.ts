/** What a bundle needs besides its operations: names, key id, signature, framing; bytes. */
export const BUNDLE_OVERHEAD_BYTES = 512;
/** Framing of one operation inside a bundle, bytes. */
export const OPERATION_FRAMING_BYTES = 16;
/** One co-signature inside a bundle: signature, key id, framing; bytes. */
export const CO_SIGNATURE_BYTES = 64 + 43 + 16;
/** A shared signature with the longest path, bytes: 64, eight hashes, index, total and their framing. */
export const SHARED_PATH_BYTES = 64 + 8 * 34 + 16;
/** Bundles handed to the engine and not yet durable. */
export const BUNDLES_IN_FLIGHT_MAX = 8;
/** Operations admitted and without a receipt. Drop policy: the newest is refused with QUEUE_FULL, what waits stays in order. */
export const QUEUE_OPERATIONS_MAX = 8192;
/** One organisation's share of the queue, 0 … 1, so that none can fill it alone. */
export const QUEUE_SHARE_OF_ORGANISATION = 0.5;
/** Organisations that metrics count one by one; further ones share a series. */
export const COUNTED_ORGANISATIONS_MAX = 23;
/** Signatures verified at one time: two full batches of the verifying thread. */
export const VERIFYING_MAX = 1024;
/** What a caller that met a full queue is told to wait, ms. */
export const QUEUE_RETRY_AFTER_MS = 250;
/** Seconds' worth of operations that an organisation may save up. */
export const BURST_SECONDS = 2;
/** Organisations whose buckets are remembered. */
export const ORGANISATIONS_MAX = 1024;

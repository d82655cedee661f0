/** Signatures of one message to the thread: about 20 ms of its work, so that none waits long behind another batch. */
export const BATCH_SIGNATURES_MAX = 512;
/** Messages of one batch, bytes, but for a single larger one. */
export const BATCH_BYTES_MAX = 1_048_576;
/** Batches the thread holds: one it works on, one so that it never waits for the next. */
export const BATCHES_IN_FLIGHT_MAX = 2;
/** As few as these are verified on the spot: a message to another thread and back costs more than it takes off this one. */
export const INLINE_SIGNATURES_MAX = 2;

/** Longest wait for an answer of a node in one reconcile. */
export const CALL_DEADLINE_MS = 3000;
/** Longest wait for an operation to be in a block. */
export const SUBMIT_DEADLINE_MS = 10_000;
/** Life of an operation the operator signs; at most an hour (ledger.md §2). */
export const OPERATION_LIFE_MS = 10 * 60_000;
/** A channel without a call for this long lets its connection go. Longer than the time between two looks at a few networks, whose connections stay. */
export const IDLE_CHANNEL_MS = 10_000;
/**
 * Beyond this many channels each is let go of soon after it was asked for: a connection costs 140 KB, and of hundreds of networks each is asked twice
 * a minute. So soon that what it is made of is collected while it is young.
 */
export const KEPT_CHANNELS_MAX = 64;
export const MANY_IDLE_CHANNEL_MS = 100;
/** And as long as there are so many, those are looked for so often. */
export const IDLE_SWEEP_MS = 50;
export const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
/** Longest wait for a node to come to rest before its network is removed. */
export const DRAIN_DEADLINE_MS = 10_000;

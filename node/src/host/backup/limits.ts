/** Longest wait for the snapshot that a node was asked for, ms: five million records take a busy node a few minutes. */
export const SNAPSHOT_WAIT_MS = 20 * 60_000;
export const SNAPSHOT_POLL_MS = 500;
/** Tries of one call to the node, and the first pause between two, ms; each is twice as long as the one before. */
export const CALL_ATTEMPTS_MAX = 6;
export const CALL_RETRY_FIRST_MS = 250;
/** Deadline of one call, ms. */
export const CALL_MS = 15_000;
/** A container's last words, characters: the kubelet keeps 4,096 bytes. */
export const REPORT_CHARS_MAX = 3_000;
/** Of a report's message. */
export const MESSAGE_CHARS_MAX = 800;
/** Longest wait for the block after a snapshot, ms: an idle chain makes one each minute at the latest. */
export const HEADER_WAIT_MS = 90_000;

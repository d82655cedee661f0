/** Longest answer of a node, bytes: a block of full bundles. */
export const ANSWER_BYTES_MAX = 8_388_608;
/** One call to a node, ms. */
export const CALL_MS = 5000;
/** A call that only adds to an answer that is given without it too, ms. */
export const GLANCE_MS = 1000;
/** Packets that are shown of one direction of a link. */
export const PACKETS_MAX = 256;
/** Failed packets that are shown of one direction, the newest. */
export const FAILED_PACKETS_MAX = 50;
/** Operations of a block that are shown. */
export const BLOCK_OPERATIONS_MAX = 2000;
/** An operation until its receipt is there, ms. */
export const SIGN_MS = 20_000;
/** A connection on which a call is open is tried this often, ms: nodes take no more than one try in 10 s. An answer comes within: */
export const KEEPALIVE_MS = 30_000;
export const KEEPALIVE_TIMEOUT_MS = 5000;

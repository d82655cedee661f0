/** Deadline of one call, ms. A commit takes tens of ms; the rest is a node that restarts. */
export const CALL_TIMEOUT_MS = 20_000;
/** Longest a call is tried again while a node is away or asks for patience, ms. */
export const RETRY_TOTAL_MS = 60_000;
/** How long a connection with open calls may say nothing before it is asked whether it lives, and how long that may take, ms. */
export const KEEPALIVE_MS = 30_000;
export const KEEPALIVE_TIMEOUT_MS = 5_000;
/** First and longest pause between tries, ms. */
export const BACKOFF_FIRST_MS = 100;
export const BACKOFF_MAX_MS = 3_000;
/** How often an operation on a stream is sent that the node asks to come again. */
export const ATTEMPTS_MAX = 12;
/** Life of a signed operation, ms: longer than all tries together, shorter than the ledger's hour. */
export const OPERATION_LIFE_MS = 10 * 60_000;
/** Largest message of an answer, bytes: a block of bundles with its light block. */
export const ANSWER_BYTES_MAX = 8 * 1024 * 1024;
/** Operations kept unanswered on one submit stream, whatever the credits. */
export const STREAM_OPEN_MAX = 512;
/** How long an operation waits for company to be signed with, ms: as long as a node's bundle at little load, and at most. */
export const GATHER_MS_MIN = 2;
export const GATHER_MS_MAX = 20;
/** Between these bounds, of the time that answers take. */
export const ANSWER_SHARE = 1 / 8;
/** Answers that this time is smoothed over. */
export const ANSWERS_REMEMBERED = 16;
/** Operations signed together. */
export const GATHER_OPERATIONS_MAX = 256;
/** Bytes that stand around a body and around a co-signature in a batch, at most. */
export const OPERATION_FRAME_BYTES = 16;
export const CO_SIGNATURE_BYTES = 123;
/** Records of one vault call. */
export const PUT_ITEMS_MAX = 64;
/** Records of one vault call together, bytes as the call carries them: what a gateway takes, less the frame of the call. */
export const PUT_BYTES_MAX = 960 * 1024 - 4096;
/** What stands around a record and around a field in a call, bytes, at most: subject, collection, reference, names of members. */
export const PUT_ITEM_FRAME_BYTES = 512;
export const PUT_FIELD_FRAME_BYTES = 32;

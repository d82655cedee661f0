/** Largest message a listener takes, bytes. A submit carries one operation of at most 96 KiB with its signatures. */
export const LEDGER_MESSAGE_BYTES_MAX = 1_048_576;
/** Answers of one message of a submit stream, for a caller that takes several. */
export const ANSWERS_TOGETHER_MAX = 256;
/** Receipts of one such message, bytes, but for a single larger one. */
export const ANSWERS_TOGETHER_BYTES_MAX = 65_536;
/** Largest message of the admin listener, bytes. */
export const ADMIN_MESSAGE_BYTES_MAX = 16_384;
/** Largest answer, bytes: a block of full bundles. */
export const ANSWER_BYTES_MAX = 8_388_608;
/** Streams that one connection may have open. */
export const CONCURRENT_STREAMS_MAX = 256;
/** Memory that one HTTP/2 session may hold, MB: the library's own default is no bound. */
export const SESSION_MEMORY_MB_MAX = 16;
/** A connection is closed after this, so that rotated identities and revocations take effect, ms. */
export const CONNECTION_AGE_MS = 20 * 60_000;
/** What streams get to end by themselves then, ms. */
export const CONNECTION_AGE_GRACE_MS = 30_000;
/** Deadline of a unary call that names none, and the latest that one may name, ms. */
export const DEADLINE_DEFAULT_MS = 15_000;
export const DEADLINE_MS_MAX = 60_000;
/** Calls of one organisation a second, over all services, and what it may save up. */
export const CALLS_PER_SECOND = 2000;
export const CALLS_BURST = 4000;
/** Open server streams (events, submits) of one organisation. */
export const STREAMS_PER_ORGANISATION_MAX = 64;
/** Operations in flight on one submit stream: a few bundles' worth; the queue of admission bounds what all streams hold. */
export const SUBMIT_CREDITS = 512;
/** How often a caller that watches blocks is told of the newest at most, ms. */
export const BLOCKS_TOLD_EVERY_MS = 250;
/** Blocks in one page of ListBlocks. */
export const BLOCK_PAGE_MAX = 200;
/** Offences in an answer of GetValidators, the newest. */
export const OFFENCE_PAGE_MAX = 256;
/** Proposals in an answer of ListProposals, the oldest. */
export const PROPOSAL_PAGE_MAX = 256;
/** Packets in one page of Outbox. */
export const OUTBOX_PAGE_MAX = 256;
/** Failed packets in an answer, the newest: where the caller names no number, and at most. */
export const FAILED_PAGE_DEFAULT = 50;
export const FAILED_PAGE_MAX = 256;
/** Headers in one call. */
export const HEADERS_MAX = 64;
/** Proofs in one call. */
export const PROOFS_MAX = 64;
/** RequestHeader calls of one organisation a second, and what it may save up: each makes a relay work. */
export const HEADER_REQUESTS_PER_SECOND = 2;
export const HEADER_REQUESTS_BURST = 20;
/** Longest wait of Wake, ms. */
export const WAKE_WAIT_MS_MAX = 5000;
/** A relay's soft lease, ms (links.md section 6). */
export const LEASE_MS = 10_000;
/** Name of a relay in a lease, characters. */
export const LEASE_HOLDER_CHARS_MAX = 64;
/** State key, bytes (ledger.md section 3). */
export const STATE_KEY_BYTES_MAX = 256;
/** Arguments of a view, bytes. */
export const VIEW_ARGUMENTS_BYTES_MAX = 65_536;
/** A client may ping an idle connection this often at most before it is closed; keep-alive of ours, ms. */
export const KEEPALIVE_MS = 10_000;
export const KEEPALIVE_TIMEOUT_MS = 5000;
/** A record that changes in every block is tried to be proven this often, each time for the next block, ms. */
export const PROOF_ATTEMPTS_MAX = 4;
export const PROOF_WAIT_MS_MAX = 1500;

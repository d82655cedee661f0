/** Blocks between two snapshots, at least: hours on an idle chain, two minutes under load. */
export const SNAPSHOT_INTERVAL_BLOCKS = 2_000;
/** Time between two snapshots, about: one of a million records costs a dozen seconds of a processor (ADR 33). */
export const SNAPSHOT_PERIOD_MS = 1_800_000;
/** Snapshots kept on disk, newest first: one to finish serving while the next is already offered. */
export const SNAPSHOTS_KEPT = 2;
/** A range of key hashes is parted until it is at most this large, bytes: chunks come out at 1 … 2 MiB. */
export const CHUNK_TARGET_BYTES = 2_097_152;
/** Leading bits that one pass parts records by: 1,024 buckets, about one each 2 MiB at five million records. */
export const SPILL_BITS = 10;
/** Records held in memory before they are written out as a run, bytes. */
export const SPILL_MEMORY_BYTES = 33_554_432;
/** What the record that fills it may need beyond, bytes: a larger one has it made larger. */
export const SPILL_SLACK_BYTES = 65_536;
/** One write of a run, bytes: putting it together holds the event loop for about a millisecond. */
export const SPILL_WRITE_BYTES = 1_048_576;
/** Time that taking a snapshot may hold the event loop at once, ms. */
export const SLICE_MS = 4;
/** How long it lets the loop go then, ms, and blocks have nine tenths of the time: all validators are at it at once. */
export const REST_MS = 36;
/** The same while records are read, ms: what blocks change meanwhile stays in memory as it was. */
export const READ_REST_MS = 12;
/** The same while nobody else has work, ms: a backup of a million records takes a minute then. */
export const IDLE_REST_MS = 4;
/** A rest that ends later than this had to wait for other work, ms. */
export const LATE_MS = 2;
/** Different senders of bad chunks before a snapshot is given up. */
export const BAD_SENDERS_MAX = 3;
/** Bad chunks before it is given up, whoever sent them: what one sender has under way when it is turned away may be a few. */
export const BAD_CHUNKS_MAX = 32;
/** A call of the engine's state sync, bytes: method and height. */
export const LIGHT_RPC_BODY_BYTES_MAX = 65_536;
/** How long such a call waits for a header that does not exist yet, ms: below the engine's own 30 s, above an idle block's pause. */
export const LIGHT_RPC_WAIT_MS = 20_000;
export const LIGHT_RPC_POLL_MS = 500;
/** Headers that may be asked for before they exist, blocks: a snapshot of the newest block is proven by the two after it. */
export const LIGHT_RPC_AHEAD_MAX = 2;
/** Lines of log that tell how far a restore is, at most. */
export const PROGRESS_LINES = 8;
/** Deadline of a call to a peer while joining, ms. */
export const PEER_CALL_MS = 10_000;
/** Space that taking or restoring a snapshot leaves on the volume, bytes: ledger and engine write on, and the node stops at a quarter of it. */
export const FREE_BYTES_KEPT = 268_435_456;
/** Bytes that a snapshot in the making takes for each of the records' texts: what is spilt stays until the last chunk is written. */
export const SNAPSHOT_BYTES_PER_STATE_BYTE = 2;
/** Bytes of store that a byte of chunk becomes: records, tree pages and half-filled pages of both; 2.5 of a million small records. */
export const STORE_BYTES_PER_CHUNK_BYTE = 3;

/** Operations of one bundle (ledger.md section 2). */
export const BUNDLE_OPERATIONS_MAX = 256;
/** A bundle's encoding, bytes. */
export const BUNDLE_BYTES_MAX = 131_072;
/** Operations of one block: bounds the time one execution holds the thread, and the replay record (16 bytes each). */
export const BLOCK_OPERATIONS_MAX = 2_048;
/** How far ahead of a block's time an operation may expire, ms: one hour. */
export const EXPIRY_AHEAD_MS_MAX = 3_600_000;
/** Header time lags the wall clock by up to the idle interval and the clock drift, ms; what executes allows that much more. */
export const HEADER_LAG_MS_MAX = 120_000;
/** Events of one operation. */
export const EVENTS_MAX = 256;
/** Canonical data of one event, bytes. */
export const EVENT_BYTES_MAX = 8_192;
/** Canonical result of one operation, bytes. */
export const RESULT_BYTES_MAX = 65_536;
/** Calls between contracts inside one operation, nested. */
export const INVOKE_DEPTH_MAX = 8;
/** Verdicts kept, count: a few blocks' worth, of which the half asked for last is sure to be there. */
export const VERDICTS_MAX = 16_384;
/** Operations of a bundle that are executed in one step. */
export const STEP_OPERATIONS = 16;
/** Writes of a block that are hashed in one step. */
export const STEP_WRITES = 256;

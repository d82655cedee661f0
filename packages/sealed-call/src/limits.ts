/** A call's age or lead against the callee's clock, ms. */
export const CLOCK_WINDOW_MS = 5 * 60_000;
/** Nonce of a call, bytes. */
export const NONCE_BYTES = 16;
/** X25519 keys, raw, bytes. */
export const X25519_KEY_BYTES = 32;
/** Plaintext of a call or an answer, bytes: one document of 512 KiB as base64url fits, and the whole call fits a gRPC message of 1 MiB. */
export const PLAINTEXT_BYTES_MAX = 983_040;
/** AES-GCM tag, bytes. */
export const TAG_BYTES = 16;

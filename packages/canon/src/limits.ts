/** Nesting of arrays and objects in canonical JSON; bounds the recursion of every reader. */
export const JSON_DEPTH_MAX = 32;
/** Canonical JSON read without a caller's own bound, bytes: larger than any operation body. */
export const JSON_BYTES_MAX = 1_048_576;
/** Canonical arguments of one operation, bytes: equal to the largest state value. */
export const ARGUMENTS_BYTES_MAX = 65_536;
/** Canonical body of one operation, bytes: a bundle (128 KiB) always holds at least one. */
export const OPERATION_BODY_BYTES_MAX = 98_304;
/** Co-signatures of one operation: the largest approval threshold of a governance verb. */
export const CO_SIGNATURES_MAX = 16;
/** Names of organisations, contracts, methods, roles and actors, characters. */
export const NAME_CHARS_MAX = 64;
/** Chain id, characters (CometBFT `MaxChainIDLen`). */
export const CHAIN_ID_CHARS_MAX = 50;
/** Idempotency key of an operation, bytes. */
export const IDEMPOTENCY_KEY_BYTES = 16;
export const HASH_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

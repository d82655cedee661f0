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
/** Leaves of one RFC 6962 tree: bounds a path at 32 hashes. */
export const MERKLE_LEAVES_MAX = 2 ** 32 - 1;
/** Operations under one shared signature; one alone is signed alone, so that it has one form. */
export const SHARED_OPERATIONS_MIN = 2;
/** As many as one bundle holds. */
export const SHARED_OPERATIONS_MAX = 256;
/** Bodies and co-signatures of one batch together, bytes: what a bundle (128 KiB) surely holds beside its own frame. */
export const SHARED_BATCH_BYTES_MAX = 122_880;

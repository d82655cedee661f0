/** Records of one Put; its bytes are bounded by the sealed call. */
export const ITEMS_MAX = 64;
/** Fields of one record. */
export const FIELDS_MAX = 64;
/** Canonical value of one field, bytes. */
export const FIELD_BYTES_MAX = 65_536;
/** A document, base64url characters: 512 KiB of content. */
export const DOCUMENT_CHARS_MAX = 700_000;
/** Names of fields and collections, references and subjects, characters. */
export const NAME_CHARS_MAX = 128;
/** Nonces remembered for the length of the clock window; above it calls are refused with NONCES_FULL. */
export const NONCES_MAX = 500_000;
/** Data key of a subject, bytes. */
export const DATA_KEY_BYTES = 32;
/** The same sealed under the organisation's key, with nonce and tag, bytes. */
export const WRAPPED_KEY_BYTES = 60;
/** What erasing overwrites at a time, bytes. */
export const ERASE_CHUNK_BYTES = 65_536;
/** Address space of one vault's index, bytes; the file grows only as it is used. */
export const VAULT_MAP_BYTES = 64 * 1024 ** 3;
/** An index up to this size, bytes, holds LMDB's two meta pages at most, and no record: the first transaction adds a page. */
export const UNBORN_INDEX_BYTES_MAX = 8_192;

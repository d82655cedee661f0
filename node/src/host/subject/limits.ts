/** Identifier of a person in a system (identity number, medical record number), characters. */
export const IDENTIFIER_CHARS_MAX = 128;
/** Name of a system of identifiers, characters. */
export const SYSTEM_CHARS_MAX = 128;
/** Profile that a caller may send along, entries; it is not kept. */
export const PROFILE_ENTRIES_MAX = 32;
/** Address space of the index, bytes; the file grows only as it is used. */
export const INDEX_MAP_BYTES = 16 * 1024 ** 3;
/** Subject of an account at the identity provider, characters. */
export const ACCOUNT_CHARS_MAX = 255;

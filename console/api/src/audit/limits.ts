/** Longest line of the audit log, bytes: a request's body is bounded far below. */
export const AUDIT_LINE_BYTES_MAX = 1_048_576;
/** Longest text of a fact in an entry, characters. */
export const AUDIT_TEXT_CHARS_MAX = 256;

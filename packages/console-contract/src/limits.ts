/** Longest name of a Kubernetes object, characters. */
export const NAME_CHARS_MAX = 63;
/** Longest text for people that a field takes, characters. */
export const TEXT_CHARS_MAX = 1024;
/** Longest cursor of a page, characters. */
export const CURSOR_CHARS_MAX = 512;
/** Items of a page when a request names no number. */
export const PAGE_ITEMS_DEFAULT = 50;
/** Items of a page at most. */
export const PAGE_ITEMS_MAX = 200;
/** Networks that an agency is brought into at once. */
export const MEMBERSHIPS_MAX = 32;
/** Agencies that found a network together. */
export const FOUNDERS_MAX = 32;
/** Roles on one ledger. */
export const ROLES_MAX = 16;
/** Longest e-mail address, characters (RFC 5321, 4.5.3.1.3). */
export const EMAIL_CHARS_MAX = 254;
/** Longest certificate request, PEM, characters. */
export const CSR_CHARS_MAX = 4096;
/** Longest search text, characters. */
export const SEARCH_CHARS_MAX = 128;
/** Longest reason a person gives, characters. */
export const REASON_CHARS_MAX = 512;
/** Fields of a case's form. */
export const CASE_VALUES_MAX = 32;
/** Longest value that is typed into one, characters. */
export const CASE_VALUE_CHARS_MAX = 256;
/** Longest idempotency key, characters. */
export const IDEMPOTENCY_KEY_CHARS_MAX = 128;

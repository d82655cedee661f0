/** Files read and parsed at one time; one bundle of a long history takes tens of MB as objects. */
export const FILES_OPEN_MAX = 4;
/** Vault calls in flight: two sealings each way keep two cores busy at about this many. */
export const VAULT_CALLS_MAX = 24;
/** Documents of one registerMany; the contract takes at most 100. */
export const DOCUMENTS_A_CALL = 64;
/** Content of one resource, bytes: what fits a sealed call as base64url. */
export const DOCUMENT_BYTES_MAX = 512 * 1024;
/** A file, bytes: beyond, V8 could not hold its text. */
export const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Fine cases worked on at one time; within a case one event follows the other. */
export const CASES_OPEN_MAX = 32;

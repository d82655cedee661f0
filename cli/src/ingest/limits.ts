/** Files that go in together: enough for full vault calls where files are small. */
export const FILES_A_BATCH = 16;
/** Text of the files that go in together, bytes; as objects and base64 they take some ten times that. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Batches worked on at one time: one is read while another is sealed. */
export const BATCHES_OPEN_MAX = 2;
/** Calls to the registrar in flight, a batch. */
export const SUBJECT_CALLS_MAX = 8;
/** Vault calls in flight, a batch: sealing keeps two cores busy at about this many. */
export const VAULT_CALLS_MAX = 4;
/** Content of one resource, bytes: what fits a sealed call as base64url. */
export const DOCUMENT_BYTES_MAX = 512 * 1024;
/** A file, bytes: beyond, V8 could not hold its text. */
export const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Fine cases worked on at one time; within a case one event follows the other. */
export const CASES_OPEN_MAX = 32;

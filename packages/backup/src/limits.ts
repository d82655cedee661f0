/** A request to an S3 server, ms: a chunk of 4 MiB at 128 KiB/s. */
export const S3_REQUEST_MS = 40_000;
/** Tries of one request that the server or the network failed; each waits twice as long as the one before. */
export const S3_ATTEMPTS_MAX = 5;
export const S3_RETRY_FIRST_MS = 200;
/** An answer of an S3 server, bytes: the largest object of a backup with room. */
export const S3_ANSWER_BYTES_MAX = 8_388_608;
/** Objects of one backup: its chunks, its headers and its pages. */
export const OBJECTS_MAX = 32_768;
/** A write to a folder that has not ended by then was broken off, ms: twice the longest try of a backup. */
export const BROKEN_OFF_MS = 21_600_000;
/** Hexadecimal digits of the app hash in a backup's folder. */
export const FOLDER_HASH_DIGITS = 16;

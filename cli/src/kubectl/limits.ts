/** Between two looks at an object that is waited for. */
export const WAIT_LOOK_MS = 500;
/** Names that one line names; the rest are counted. */
export const NAMED_MAX = 4;
/** Longest message of a condition on one line of `why`; longer ones are cut, `-o json` has them whole. */
export const LINE_MESSAGE_CHARS_MAX = 400;
/** An operator that has not renewed its Lease for this long is not running. */
export const LEASE_STALE_MS = 60_000;
/** An object that the operator has not answered for this long is worth a line. */
export const UNANSWERED_MS = 15_000;
/** A pod of the operator that is not ready for this long is worth a line. */
export const UNREADY_MS = 30_000;
/** Certificates that end within this time are marked. */
export const CERTIFICATE_SOON_MS = 14 * 86_400_000;
/** Lines of a log without --tail. */
export const LOG_LINES = 200;
/** Most lines that --tail takes. */
export const LOG_LINES_MAX = 100_000;
/** Pods whose logs are read at once. */
export const LOG_PODS_MAX = 32;
/** All files of a support bundle together, bytes: it is made in memory. */
export const SUPPORT_BYTES_MAX = 268_435_456;
/** Validators that a network may have. */
export const VALIDATORS_MAX = 100;
/** Longest --timeout, seconds. */
export const WAIT_SECONDS_MAX = 86_400;

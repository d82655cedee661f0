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
/** Of a support bundle: pods, the last lines of each container and their bytes, bytes of a pod's metrics, and how long they are waited for, ms. */
export const SUPPORT_PODS_MAX = 200;
export const SUPPORT_LOG_LINES = 2000;
export const SUPPORT_LOG_BYTES_MAX = 2_097_152;
export const SUPPORT_METRICS_BYTES_MAX = 1_048_576;
export const SUPPORT_METRICS_MS = 5000;
/** Validators that a network may have. */
export const VALIDATORS_MAX = 100;
/** Longest --timeout, seconds. */
export const WAIT_SECONDS_MAX = 86_400;
